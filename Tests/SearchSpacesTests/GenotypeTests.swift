import Foundation
import SearchSpaces
import Testing

@Suite struct GenotypeTests {
  static let published = [Genotype.dartsV2, .autoMAML1Shot, .autoMAML5Shot]

  /// The published order of edges (by weight) is another than the canonical one (by input).
  @Test(arguments: [
    (
      Genotype.dartsV2,
      """
      normal[(sep_conv_3x3,0)(sep_conv_3x3,1)|(sep_conv_3x3,0)(sep_conv_3x3,1)|(sep_conv_3x3,1)(skip_connect,0)|\
      (skip_connect,0)(dil_conv_3x3,2)] reduction[(max_pool_3x3,0)(max_pool_3x3,1)|(skip_connect,2)(max_pool_3x3,1)|\
      (max_pool_3x3,0)(skip_connect,2)|(skip_connect,2)(max_pool_3x3,1)]
      """
    ),
    (
      .autoMAML1Shot,
      """
      normal[(avg_pool_3x3,0)(avg_pool_3x3,1)|(avg_pool_3x3,1)(avg_pool_3x3,2)|(avg_pool_3x3,1)(avg_pool_3x3,2)|\
      (dil_conv_3x3,3)(avg_pool_3x3,2)] reduction[(avg_pool_3x3,0)(dil_conv_5x5,1)|(avg_pool_3x3,0)(dil_conv_5x5,1)|\
      (skip_connect,3)(dil_conv_5x5,2)|(skip_connect,4)(skip_connect,3)]
      """
    ),
    (
      .autoMAML5Shot,
      """
      normal[(dil_conv_5x5,1)(dil_conv_5x5,0)|(dil_conv_5x5,2)(dil_conv_3x3,1)|(sep_conv_5x5,2)(sep_conv_3x3,3)|\
      (skip_connect,4)(dil_conv_3x3,3)] reduction[(sep_conv_5x5,0)(avg_pool_3x3,1)|(avg_pool_3x3,1)(skip_connect,2)|\
      (skip_connect,2)(avg_pool_3x3,1)|(skip_connect,2)(max_pool_3x3,1)]
      """
    ),
  ]) func publishedCellsParse(genotype: Genotype, text: String) throws {
    #expect(try Genotype(parsing: text) == genotype)
  }

  @Test func canonicalText() throws {
    let genotype = try Genotype(parsing: " reduction [ (skip_connect , 1) ]\n normal[(max_pool_3x3,1)( skip_connect,0 )]")
    #expect(genotype.text == "normal[(skip_connect,0)(max_pool_3x3,1)] reduction[(skip_connect,1)]")
    #expect(try String(decoding: JSONEncoder().encode([genotype]), as: UTF8.self) == "[\"\(genotype.text)\"]")
  }

  @Test(arguments: published) func textAndCodingKeepTheGenotype(_ genotype: Genotype) throws {
    #expect(try Genotype(parsing: genotype.text) == genotype)
    #expect(try Genotype(parsing: genotype.text).text == genotype.text)
    #expect(try JSONDecoder().decode(Genotype.self, from: JSONEncoder().encode(genotype)) == genotype)
  }

  @Test(arguments: [
    ("", GenotypeError.syntax(position: 0, found: "the end of the text", expected: "normal or reduction")),
    ("norm[(skip_connect,0)]", .syntax(position: 0, found: "“norm[(skip_conne”", expected: "normal or reduction")),
    ("normal(skip_connect,0)", .syntax(position: 6, found: "“(skip_connect,0)”", expected: "[")),
    ("normal[]", .syntax(position: 7, found: "“]”", expected: "(")),
    ("normal[(skip_connect,0)", .syntax(position: 23, found: "the end of the text", expected: "( or | or ]")),
    ("normal[(skip_connect;0)]", .syntax(position: 20, found: "“;0)]”", expected: ",")),
    ("normal[(skip_connect,-1)]", .syntax(position: 21, found: "“-1)]”", expected: "the number of an input")),
    (
      "normal[(skip_connect,99999999999999999999)]",
      .syntax(position: 21, found: "“9999999999999999”", expected: "the number of an input")
    ),
    ("normal[(skip_connect,0)] x", .syntax(position: 25, found: "“x”", expected: "normal or reduction")),
    ("normal[(skip_connect,0)] normal[(skip_connect,0)]", .repeatedCell(.normal, position: 25)),
    ("normal[(skip_connect,2)]", .inputOutOfRange(node: 0, input: 2)),
    ("normal[(skip_connect,0)|(none,1)]", .noneOnEdge(node: 1, input: 1)),
  ]) func badTextsAreRefused(text: String, error: GenotypeError) {
    #expect(throws: error) { try Genotype(parsing: text) }
  }

  @Test func unknownOperationIsNamedWithItsPlace() {
    #expect {
      try Genotype(parsing: "normal[(skip_connect,0)(conv_9x9,1)]")
    } throws: { error in
      guard case .syntax(24, "“conv_9x9,1)]”", let expected) = error as? GenotypeError else { return false }
      return expected.contains("dil_conv_5x5")
    }
  }

  @Test func badValuesAreRefused() {
    #expect(throws: GenotypeError.noCells) { try Genotype(cells: [:]) }
    #expect(throws: GenotypeError.emptyCell) { try Genotype.Cell(nodes: []) }
    #expect(throws: GenotypeError.emptyNode(node: 0)) { try Genotype.Cell(nodes: [[]]) }
    #expect(throws: GenotypeError.inputOutOfRange(node: 0, input: -1)) {
      try Genotype.Cell(nodes: [[Genotype.Edge(.skipConnect, -1)]])
    }
  }
}
