"""Makes jpegs.json: small JPEG files by Pillow and the pixels that Pillow decodes them to. pip install pillow"""
import base64, io, json, random
from PIL import Image

random.seed(1)
colour = Image.new("RGB", (19, 13))
colour.putdata([(random.randrange(4) * 60, i * 3 % 256, i * 7 % 256) for i in range(19 * 13)])
grey = colour.convert("L").resize((9, 21))
rows = []
for name, image, options in [
    ("baseline", colour, {"quality": 70, "subsampling": 0}), ("progressive", colour, {"quality": 60, "progressive": True, "subsampling": 0}),
    ("grey", grey, {"quality": 80}),
]:
    file = io.BytesIO()
    image.save(file, "JPEG", **options)
    decoded = Image.open(io.BytesIO(file.getvalue()))
    rows.append({"name": name, "height": decoded.height, "width": decoded.width, "channels": len(decoded.getbands()),
                 "file": base64.b64encode(file.getvalue()).decode(), "pixels": base64.b64encode(decoded.tobytes()).decode()})
json.dump(rows, open("jpegs.json", "w"), indent=1)
