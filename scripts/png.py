"""Writes PNG files with the standard library only, for scripts that need pictures."""
import struct
import zlib


def write_png(path, side, channels, pixels):
    """A square picture of 8 bits: `side`² × `channels` bytes, 1 channel for grey and 3 for colour."""
    rows = b"".join(b"\0" + pixels[r * side * channels:(r + 1) * side * channels] for r in range(side))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 0 if channels == 1 else 2, 0, 0, 0)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
