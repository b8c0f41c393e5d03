import Basics
import Foundation
import SearchSpaces
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// What an XML reader finds in a drawing.
final class DrawingReader: NSObject, XMLParserDelegate {
  private(set) var classes = [String: Int]()
  private(set) var texts = [String]()
  private var text = ""

  func parser(
    _: XMLParser, didStartElement element: String, namespaceURI _: String?, qualifiedName _: String?,
    attributes: [String: String]
  ) {
    if let name = attributes["class"] { classes[name.split(separator: " ").first.map(String.init) ?? "", default: 0] += 1 }
    if element != "tspan" { text = "" }
  }

  func parser(_: XMLParser, foundCharacters string: String) { text += string }

  func parser(_: XMLParser, didEndElement element: String, namespaceURI _: String?, qualifiedName _: String?) {
    if element == "text" || element == "title" || element == "desc" { texts.append(text) }
  }

  static func read(_ svg: String) throws -> DrawingReader {
    let reader = DrawingReader()
    let parser = XMLParser(data: Data(svg.utf8))
    parser.delegate = reader
    try #require(parser.parse(), "not well-formed: \(String(describing: parser.parserError))")
    return reader
  }
}

@Suite struct GenotypeDrawingTests {
  @Test(arguments: [Genotype.dartsV2, .autoMAML1Shot, .autoMAML5Shot], CellKind.allCases)
  func drawingsShowEveryEdgeAndNode(genotype: Genotype, kind: CellKind) throws {
    let cell = try #require(genotype[kind])
    let svg = GenotypeDrawing.svg(of: cell, title: "A <cell> & \"more\"")
    let reader = try DrawingReader.read(svg)
    #expect(reader.classes["edge"] == 8 + 4)
    #expect(reader.classes["label"] == 8)
    #expect(reader.classes["node"] == 4)
    #expect(reader.classes["port"] == 3)
    #expect(reader.texts.contains("A <cell> & \"more\""))
    for edge in cell.nodes.joined() { #expect(reader.texts.contains(edge.operation.displayName)) }
    for name in ["ck−2", "ck−1", "ck", "0", "1", "2", "3"] { #expect(reader.texts.contains(name)) }
    if let folder = ProcessInfo.processInfo.environment["ARCHPRIOR_TEST_DRAWINGS"] {
      let name = "\(kind.rawValue)-\(genotype.hashValue.magnitude).svg"
      try svg.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
    }
  }

  @Test func descriptionSaysTheCellInWords() throws {
    let genotype = try Genotype(parsing: "normal[(skip_connect,0)(max_pool_3x3,1)|(sep_conv_5x5,2)]")
    #expect(
      try GenotypeDrawing.describe(#require(genotype[.normal])) == """
        node 0 adds skip of the cell before the previous one and max pool 3×3 of the previous cell; \
        node 1 adds sep conv 5×5 of node 0; the output concatenates all nodes.
        """)
  }

  @Test(arguments: [1, 2, 3, 5, 7]) func otherSizesAreDrawn(nodes: Int) throws {
    let space = try DARTSSpace(
      nodes: nodes, cells: [.normal], stem: .flat, inputHeight: 28, inputWidth: 28, inputChannels: 1, way: 5)
    var generator = Philox(seed: 1, stream: "drawing", index: UInt64(nodes))
    let cell = try #require(Genotype.random(in: space, using: &generator)[.normal])
    let reader = try DrawingReader.read(GenotypeDrawing.svg(of: cell, title: "random"))
    #expect(reader.classes["edge"] == 3 * nodes)
    #expect(reader.classes["node"] == nodes)
  }
}
