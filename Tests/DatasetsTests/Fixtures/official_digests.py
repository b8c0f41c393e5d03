"""Prints the digests that OfficialDataTests.swift holds: SHA-256 of the images, sorted by class in the order of the files.

python official_digests.py ../../../../shared/data
"""
import gzip, hashlib, sys
import numpy as np

folder = sys.argv[1] + "/"


def digest(name, images, labels):
    order = np.argsort(labels, kind="stable")
    print(name, images.shape, hashlib.sha256(np.ascontiguousarray(images[order]).tobytes()).hexdigest())


def cifar(*names):
    records = np.concatenate([np.frombuffer(gzip.open(folder + name).read(), np.uint8).reshape(-1, 3074) for name in names])
    digest("cifar-100", records[:, 2:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), records[:, 1])


cifar("cifar-100-test.bin.gz")
cifar("cifar-100-train-100-a-class.bin.gz", "cifar-100-test.bin.gz")
for name in ["omniglot28", "flowers17_32", "kannada_mnist_test"]:
    arrays = np.load(folder + name + ".npz")
    digest(name, arrays["images"], arrays["label"])
for name in ["mnist", "kmnist"]:
    images = np.frombuffer(gzip.open(f"{folder}{name}-t10k-images-idx3-ubyte.gz").read(), np.uint8, offset=16)
    labels = np.frombuffer(gzip.open(f"{folder}{name}-t10k-labels-idx1-ubyte.gz").read(), np.uint8, offset=8)
    digest(name, images.reshape(-1, 28, 28), labels)
# Debian's package dataset-fashion-mnist.
fashion = "/usr/share/datasets/fashion-mnist/"
read = lambda name, offset: np.frombuffer(gzip.open(fashion + name).read(), np.uint8, offset=offset)
images = np.concatenate([read(part + "-images-idx3-ubyte.gz", 16) for part in ["train", "t10k"]])
labels = np.concatenate([read(part + "-labels-idx1-ubyte.gz", 8) for part in ["train", "t10k"]])
digest("fashion-mnist", images.reshape(-1, 28, 28), labels)
