import Basics
import Foundation
import Testing

/// How the parts of an error become its text.
@Suite struct FaultTextTests {
  @Test(
    arguments: [
      (Fault("it is empty"), "it is empty"),
      ("it is \(1 + 1) bytes long", "it is 2 bytes long"),
      (Fault("it is empty", help: "fill it"), "it is empty; fill it"),
      (Fault("it is empty", at: .file("a/b")), "a/b: it is empty"),
      (
        Fault("no such key", at: .file("a.yaml", line: 3, key: "task.way"), help: "remove it"),
        "a.yaml:3: task.way: no such key; remove it"
      ),
      (Fault("found 1, expected 2", at: .file("a", byte: 8)), "a: byte 8: found 1, expected 2"),
      (Fault("it ends at byte 8", at: .file("a").mentioning(byte: 8)), "a: it ends at byte 8"),
      (Fault("it is damaged", at: .named("run a", file: "a/log"), help: "mend it"), "run a: it is damaged; mend it"),
      (Fault("a is a folder", at: .mentioned(file: "a")), "a is a folder"),
      (
        Fault("no image", at: .file("b"), help: "add one").within(.file("a"), help: "or leave it out"),
        "a: b: no image; add one; or leave it out"
      ),
      (Fault("no image").within(.file("a")), "a: no image"),
    ] as [(Fault, String)])
  func partsAreJoined(fault: Fault, text: String) {
    #expect(fault.description == text)
  }

  /// What a program reads is what people read.
  @Test func partsAreKept() {
    let fault = Fault("found 1", at: .file("a", byte: 8).mentioning(key: "header"), help: "get it again")
    #expect(fault.what == "found 1" && fault.help == "get it again" && fault.message == "a: byte 8: found 1")
    #expect(fault.place?.file == "a" && fault.place?.byte == 8 && fault.place?.key == "header" && fault.place?.line == nil)
  }

  private struct Broken: ReportableError { let fault = Fault("it broke", at: .file("a"), help: "mend it") }

  @Test func errorsHaveThePartsOfTheirFault() {
    let error: any ReportableError = Broken()
    #expect(error.what == "it broke" && error.place?.file == "a" && error.help == "mend it" && !error.isUsage)
    #expect(error.message == "a: it broke" && "\(error)" == "a: it broke; mend it")
    #expect((error as any Error).localizedDescription == "a: it broke; mend it")
  }
}
