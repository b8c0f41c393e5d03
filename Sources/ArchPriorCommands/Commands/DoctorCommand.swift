import ArchPrior
import ArgumentParser
import Basics
import Foundation

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Check that this installation can work: kernels, linear algebra, data sets, disk.")

  @OptionGroup var json: JSONOption

  struct Check: Encodable {
    var name: String
    var isFine: Bool
    var detail: String
  }

  func run() throws {
    let checks = [Self.program, Self.kernels, Self.algebra, Self.differentiation, Self.datasets, Self.disk].map { $0() }
    if json.json {
      try Output.json(checks)
    } else {
      for check in checks { print("\(check.isFine ? "ok    " : "BROKEN") \(check.name): \(check.detail)") }
    }
    let broken = checks.filter { !$0.isFine }
    if !broken.isEmpty {
      throw CommandError("broken: \(broken.map(\.name).joined(separator: ", "))", help: "see the lines above", code: 1)
    }
  }

  private static func program() -> Check {
    let machine = Machine.current(kernels: KernelLevel.name)
    return Check(
      name: "program", isFine: true,
      detail: "version \(ArchPriorVersion.current), Swift \(machine.swift), \(machine.operatingSystem)")
  }

  private static func kernels() -> Check {
    let machine = Machine.current(kernels: KernelLevel.name)
    return Check(
      name: "processor", isFine: machine.cores > 0,
      detail:
        "\(machine.processor), \(counted(machine.cores, "core")), \(machine.memory >> 20) MiB memory, \(machine.kernels) kernels")
  }

  /// A product of matrices by OpenBLAS against the same product by hand.
  private static func algebra() -> Check {
    // Small products have kernels of our own; large ones are OpenBLAS's, which is loaded when the first is asked for.
    if let problem = LinearAlgebra.problem { return Check(name: "linear algebra", isFine: false, detail: problem) }
    let (rows, size) = (2, 800)
    let a = (0..<rows * size).map { Float($0 % 7 - 3) }
    let b = (0..<size * size).map { Float($0 % 5 - 2) }
    let product = matmul(Tensor(shape: [rows, size], a), Tensor(shape: [size, size], b)).floats
    // Small whole numbers: exact in single precision.
    let isRight = (0..<rows * size).allSatisfy { index in
      let (row, column) = (index / size, index % size)
      return product[index] == (0..<size).reduce(0) { $0 + a[row * size + $1] * b[$1 * size + column] }
    }
    return Check(
      name: "linear algebra", isFine: isRight,
      detail: isRight ? "a product of matrices is right" : "a product of matrices is wrong")
  }

  /// d/dx Σ x³ = 3x², by the engine.
  private static func differentiation() -> Check {
    let x = Tensor(shape: [3], [1, -2, 0.5] as [Double])
    let gradient = gradient(at: [x]) { ($0[0] * $0[0] * $0[0]).sum() }[0].doubles
    let isRight = zip(gradient, [3, 12, 0.75]).allSatisfy { abs($0 - $1) < 1e-12 }
    return Check(
      name: "differentiation", isFine: isRight, detail: isRight ? "a gradient is right" : "a gradient is wrong: \(gradient)")
  }

  private static func datasets() -> Check {
    let catalog = DatasetCatalog()
    let entries = catalog.list()
    var damaged: [String] = []
    for entry in entries {
      do { _ = try DatasetPack.verify(entry.path) } catch { damaged.append(ErrorReport(error).message) }
    }
    var found = "\(entries.count) in \(catalog.folders.isEmpty ? "no folder" : catalog.folders.joined(separator: ", "))"
    let hasBundled = entries.contains(where: DatasetCatalog.isBundled)
    if !hasBundled { found += "; \(DatasetCatalog.placesOfBundled), and none of them is there" }
    return Check(
      name: "data sets", isFine: hasBundled && damaged.isEmpty,
      detail: damaged.isEmpty ? found : found + "; damaged: " + damaged.joined(separator: "; "))
  }

  private static func disk() -> Check {
    let folder = FileManager.default.currentDirectoryPath
    let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder)
    guard let free = (attributes?[.systemFreeSize] as? NSNumber)?.int64Value else {
      return Check(name: "disk", isFine: true, detail: "free space of \(folder) unknown")
    }
    let writable = FileManager.default.isWritableFile(atPath: folder)
    return Check(
      name: "disk", isFine: writable && free > 100 << 20,
      detail: "\(free >> 20) MiB free in \(folder)\(writable ? "" : ", not writable")")
  }
}
