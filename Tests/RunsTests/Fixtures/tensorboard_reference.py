"""Event files by TensorBoard's own writer for TensorBoardTests.swift: `python3 tensorboard_reference.py` (tensorboard 2.21.0)."""

import io
import pathlib

from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c
from tensorboard.summary.writer.record_writer import RecordWriter

png = bytes(range(1, 60))  # not a picture: the writer does not look inside
events = [event_pb2.Event(wall_time=1767225600.0, file_version="brain.Event:2")]
for step, loss, accuracy in [(0, 1.5, 0.25), (40, 1.25, 0.5), (300, 0.1, -0.0), (2**40, float("inf"), 3e-45)]:
    values = [
        summary_pb2.Summary.Value(tag="prior/query loss", simple_value=loss),
        summary_pb2.Summary.Value(tag="prior/θ", simple_value=accuracy),
    ]
    events.append(event_pb2.Event(wall_time=1767225600.5 + step, step=step, summary=summary_pb2.Summary(value=values)))
image = summary_pb2.Summary.Image(height=24, width=300, colorspace=1, encoded_image_string=png)
events.append(
    event_pb2.Event(
        wall_time=2.5, step=129, summary=summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag="cell", image=image)])
    )
)
buffer = io.BytesIO()
writer = RecordWriter(buffer)
for event in events:
    writer.write(event.SerializeToString())
folder = pathlib.Path(__file__).parent
(folder / "tensorboard.tfevents").write_bytes(buffer.getvalue())
print(hex(masked_crc32c(b"123456789")))
