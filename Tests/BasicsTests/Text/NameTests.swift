import Basics
import Foundation
import Testing

/// Names that people and files give: on the terminal and in paths.
@Suite struct NameTests {
  /// Name, what a terminal may get.
  static let shown: [(String, String)] = [
    ("plain, «quoted» – ünïcode 漢字 שלום", "plain, «quoted» – ünïcode 漢字 שלום"),
    ("\u{1B}[31mred", "\\u{1b}[31mred"), ("a\nb\tc\rd", "a\\nb\\tc\\rd"), ("\u{9B}2J", "\\u{9b}2J"), ("x\u{7F}", "x\\u{7f}"),
    ("nul\u{0}", "nul\\u{0}"), ("invoice\u{202E}gpj.exe", "invoice\\u{202e}gpj.exe"),
    ("\u{2066}a\u{2069}", "\\u{2066}a\\u{2069}"),
    ("\u{200F}\u{61C}", "\\u{200f}\\u{61c}"), ("a\u{2028}b", "a\\u{2028}b"), ("\u{FEFF}bom", "\\u{feff}bom"),
    ("tag\u{E0041}", "tag\\u{e0041}"), ("می\u{200C}خواهم", "می\u{200C}خواهم"), ("👩\u{200D}🔬", "👩\u{200D}🔬"),
  ]

  @Test(arguments: shown) func aTerminalShowsNamesAndDoesNotObeyThem(name: String, expected: String) {
    #expect(name.visible == expected)
    #expect(name.visibleLines == expected.replacing("\\n", with: "\n"))
  }

  /// 20,000 random texts from the characters that matter: no control or direction character is left, and nothing else changes.
  @Test func whateverComesNothingInvisibleIsLeft() {
    var generator = SystemRandomNumberGenerator()
    let pool: [ClosedRange<UInt32>] = [
      0...0xFF, 0x200B...0x206F, 0x610...0x61F, 0x300...0x310, 0xFFF0...0xFFFF, 0xE0000...0xE0080,
    ]
    // The Unicode characters with bidirectional classes that are formats (UAX 9), C0, C1 and line separators, listed by number.
    let forbidden = Set(0...0x1F).union(0x7F...0x9F).union([0x61C, 0x200E, 0x200F, 0x2028, 0x2029]).union(0x202A...0x202E)
      .union(0x2066...0x2069)
    for _ in 0..<20_000 {
      var text = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 0...12, using: &generator) {
        let range = pool[Int.random(in: 0..<pool.count, using: &generator)]
        if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &generator)) { text.append(scalar) }
      }
      let shown = String(text).visible
      #expect(!shown.unicodeScalars.contains { forbidden.contains(Int($0.value)) }, "\(text.map(\.value))")
      if !text.contains(where: { forbidden.contains(Int($0.value)) || $0.properties.generalCategory == .format }) {
        #expect(shown.unicodeScalars.elementsEqual(text))
      }
    }
  }

  static let hostile = [
    "../../evil", "/etc/passwd", "", ".", "..", "-rf", "--overwrite", ".hidden", "a/b", "a\u{0}b", "a\nb", "\u{1B}[2J",
    "..\u{301}/x",
    "/\u{301}", "a/\u{301}b", String(repeating: "n", count: 300), String(repeating: "漢", count: 100),
    String(repeating: "é\u{301}", count: 150),
    "\u{202E}evil", "~", "…/…", "//", "./x", "x/..", "C:\\x", "\u{FF0F}etc", "../\u{FF0E}./",
  ]

  @Test(arguments: hostile) func noNameLeavesItsFolder(name: String) throws {
    let root = try TemporaryFolder()
    for part in [PathName.component(name), PathName.slug(name)] {
      #expect(!part.utf8.contains(UInt8(ascii: "/")) && !part.isEmpty && part != "." && part != "..")
      #expect(part.utf8.count <= 255 - 40 && !part.unicodeScalars.contains { $0.value < 32 || $0.value == 127 })
      // The file system is the judge.
      let path = root.path + "/" + part
      if mkdir(path, 0o755) != 0 { #expect(errno == EEXIST, "\(part)") }
      #expect(URL(fileURLWithPath: path).resolvingSymlinksInPath().deletingLastPathComponent().path == root.resolved)
    }
    #expect(!PathName.component(name).hasPrefix("-") && !PathName.component(name).hasPrefix("."))
  }

  @Test func goodNamesStayAndOthersDoNotMeet() {
    for name in ["quick", "5-way 1-shot", "T-NAS, α=0.3", "漢字", "a.b_c+d", "it's", "x: y"] {
      #expect(PathName.component(name) == name && PathName.flaw(name) == nil)
    }
    let names = ["a/b", "a-b", "a\\b", "a//b", "../a-b", "a/b "]
    #expect(Set(names.map(PathName.component)).count == names.count)
    #expect(PathName.component("../../evil").hasPrefix("evil-"))
  }

  @Test func aSharedFolderIsFound() throws {
    let clash = try #require(PathName.clash(among: ["MAML", "T nas", "T-nas"]))
    #expect(clash.first == "T nas" && clash.second == "T-nas" && clash.folder == "T-nas")
    #expect(PathName.clash(among: ["MAML", "T-nas", "T_nas"]) == nil)
    #expect(PathName.clash(among: ["a", "a"]) == nil)
  }
}
