import CFreeType

/// One face of a font file, as FreeType sees it.
///
/// A class, since it owns FreeType's objects; used by one thread at a time.
final class FontFace {
  /// The family's name, with weights that some files put there taken off.
  let family: String
  /// The style's name: `Regular`, `Book`, `Light` …
  let style: String
  /// Whether the face says that it is neither bold nor italic, and can be scaled.
  let isUpright: Bool
  /// Whether the face has outlines.
  let isScalable: Bool
  /// Faces in the file.
  let count: Int

  private let library: FT_Library
  private let face: FT_Face

  /// Opens a face; `nil` if FreeType cannot use the file or the face has no Unicode character map.
  init?(path: String, index: Int) {
    var library: FT_Library?
    guard FT_Init_FreeType(&library) == 0, let library else { return nil }
    var face: FT_Face?
    guard FT_New_Face(library, path, FT_Long(index), &face) == 0, let face else {
      FT_Done_FreeType(library)
      return nil
    }
    let record = face.pointee
    guard FT_Select_Charmap(face, FT_ENCODING_UNICODE) == 0, let name = record.family_name else {
      FT_Done_Face(face)
      FT_Done_FreeType(library)
      return nil
    }
    self.library = library
    self.face = face
    family = Self.withoutWeight(String(cString: name))
    style = record.style_name.map { String(cString: $0) } ?? ""
    let scalable = record.face_flags & (1 << 0) != 0
    isScalable = scalable
    isUpright = scalable && record.style_flags & 3 == 0
    count = Int(record.num_faces)
  }

  deinit {
    FT_Done_Face(face)
    FT_Done_FreeType(library)
  }

  /// The glyph that draws a character; 0 if there is none.
  func glyph(of character: UInt32) -> UInt32 { FT_Get_Char_Index(face, FT_ULong(character)) }

  /// The box that a glyph's ink fills, in font units; `nil` if there is no ink or no outline.
  func extent(ofGlyph glyph: UInt32) -> (width: Int, height: Int)? {
    guard load(glyph) else { return nil }
    let box = outlineBox()
    let width = Int(box.xMax - box.xMin)
    let height = Int(box.yMax - box.yMin)
    return width > 0 && height > 0 ? (width, height) : nil
  }

  /// Draws a glyph so that the longer side of its ink is `side` pixels, centred in a square of `size` pixels.
  ///
  /// FreeType's rasteriser gives each pixel the share of its area that the outline covers, so this is the area average of the
  /// drawing at unlimited resolution.
  /// - Returns: `size × size` bytes, ink high; `nil` if there is nothing to draw.
  func draw(glyph: UInt32, side: Double, size: Int) -> [UInt8]? {
    guard load(glyph) else { return nil }
    let box = outlineBox()
    let longest = max(box.xMax - box.xMin, box.yMax - box.yMin)
    guard longest > 0 else { return nil }
    // Outlines are drawn in units of 1/64 pixel; the matrix is in units of 1/65536.
    let scale = side * 64 / Double(longest)
    guard scale * 65536 < Double(Int32.max), scale * 65536 >= 1 else { return nil }
    var matrix = FT_Matrix(xx: FT_Fixed((scale * 65536).rounded()), xy: 0, yx: 0, yy: FT_Fixed((scale * 65536).rounded()))
    FT_Outline_Transform(&face.pointee.glyph.pointee.outline, &matrix)
    let scaled = outlineBox()
    let centre = FT_Pos(size * 32)
    FT_Outline_Translate(
      &face.pointee.glyph.pointee.outline, centre - (scaled.xMin + scaled.xMax) / 2, centre - (scaled.yMin + scaled.yMax) / 2)
    var pixels = [UInt8](repeating: 0, count: size * size)
    let failed = pixels.withUnsafeMutableBufferPointer { buffer in
      var bitmap = FT_Bitmap()
      bitmap.rows = UInt32(size)
      bitmap.width = UInt32(size)
      bitmap.pitch = Int32(size)
      bitmap.buffer = buffer.baseAddress
      bitmap.num_grays = 256
      bitmap.pixel_mode = UInt8(FT_PIXEL_MODE_GRAY.rawValue)
      return FT_Outline_Get_Bitmap(library, &face.pointee.glyph.pointee.outline, &bitmap) != 0
    }
    return failed ? nil : pixels
  }

  private func load(_ glyph: UInt32) -> Bool {
    let noScale: Int32 = 1
    return FT_Load_Glyph(face, glyph, noScale) == 0 && face.pointee.glyph.pointee.format == FT_GLYPH_FORMAT_OUTLINE
      && face.pointee.glyph.pointee.outline.n_contours > 0
  }

  private func outlineBox() -> FT_BBox {
    var box = FT_BBox()
    // The exact box, not that of the control points, so that curves are centred by their ink.
    FT_Outline_Get_BBox(&face.pointee.glyph.pointee.outline, &box)
    return box
  }

  private static let weights: Set<String> = [
    "thin", "hairline", "extralight", "ultralight", "light", "book", "regular", "medium", "semibold", "demibold", "demi", "bold",
    "extrabold", "heavy", "black", "italic", "oblique", "roman",
  ]

  /// Some files name the weight in the family: “Lato Light” belongs to “Lato”.
  static func withoutWeight(_ family: String) -> String {
    var words = family.split(separator: " ")
    while words.count > 1, let last = words.last, weights.contains(last.lowercased()) { words.removeLast() }
    return words.joined(separator: " ")
  }
}
