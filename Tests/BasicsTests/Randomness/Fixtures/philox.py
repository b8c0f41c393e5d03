"""First numbers of named Philox streams, by a second implementation (plain integers, written from the paper's definition).

The values printed are those in PhiloxTests.swift: `python3 philox.py`.
"""

M32, M64 = (1 << 32) - 1, (1 << 64) - 1


def philox4x32(counter, key, rounds=10):
    c, k = list(counter), list(key)
    for _ in range(rounds):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & M32, (p0 >> 32) ^ c[3] ^ k[1], p0 & M32]
        k = [(k[0] + 0x9E3779B9) & M32, (k[1] + 0xBB67AE85) & M32]
    return c


def mix(z):
    z = (z + 0x9E3779B97F4A7C15) & M64
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & M64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & M64
    return z ^ (z >> 31)


def stream(name):
    h = 0xCBF29CE484222325
    for b in name.encode():
        h = ((h ^ b) * 0x100000001B3) & M64
    return mix(h)


def outputs(seed, name, index, count):
    key = mix((mix(seed) + stream(name)) & M64)
    out = []
    for block in range((count + 1) // 2):
        w = philox4x32([block & M32, block >> 32, index & M32, index >> 32], [key & M32, key >> 32])
        out += [w[0] | w[1] << 32, w[2] | w[3] << 32]
    return out[:count]


for args in [(0, "", 0), (1, "weights", 0), (2026, "meta-train", 4711), (M64, "Ωmega", M64)]:
    print(args, [hex(v) for v in outputs(*args, 3)])
