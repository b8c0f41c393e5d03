import Basics
import Bilevel
import CellNetworks
import Foundation
import NeuralNetworks
import SupernetSearch
import Tensors

/// What every search on a supernet must fulfil, as checks that run on any method and network: ours and your own.
public enum SupernetMethodContract {
  /// All violations that were found, each as a sentence; empty for a method that holds to the contract.
  ///
  /// Checked are: the same seed gives the same search, also on two threads, and another seed another one; a saved search continues bit
  /// for bit; an epoch trains on each image once at most and counts as one; θ rests where it is said to rest and moves where it is
  /// said to learn; architectures are in the space; nothing but training and validation images is asked for, and nothing but
  /// validation images in the end; images that are no numbers end in an error with a type.
  ///
  /// - Parameters:
  ///   - method: the method.
  ///   - model: a small network that it can search on.
  ///   - imageShape: height, width and channels of the network's images.
  ///   - classes: its scores.
  ///   - contains: whether an architecture is in the space.
  public static func violations<Model: MixtureNetwork>(
    of method: any SupernetMethod, on model: Model, imageShape: [Int], classes: Int,
    contains: @escaping (Model.Architecture) -> Bool
  ) -> [String] {
    do {
      let rig = Rig(model: model, method: method, imageShape: imageShape, classes: classes, contains: contains)
      let found = try rig.repetition() + rig.continuation() + rig.epochs() + rig.data() + rig.failures()
      return found.map { "\(method.name): \($0)" }
    } catch {
      return ["\(method.name): \(error)"]
    }
  }
}

private struct Rig<Model: MixtureNetwork> {
  typealias Search = DifferentiableSearch<Model>

  let model: Model
  let method: any SupernetMethod
  let imageShape: [Int]
  let classes: Int
  let contains: (Model.Architecture) -> Bool

  private let length = 4
  private let batchSize = 4
  private let training = Array(0..<9)
  private let validation = Array(20..<29)

  private func search(seed: UInt64 = 1) throws -> Search {
    var settings = SearchSettings()
    (settings.epochs, settings.batch, settings.seed) = (length, batchSize, seed)
    return try Search(model: model, method: method, settings: settings)
  }

  /// Normal noise around a pattern of the class.
  private func images(_ numbers: [Int]) -> LabelledImages {
    let count = imageShape.reduce(1, *)
    let values = numbers.flatMap { number in
      var pattern = Philox(seed: 1, stream: "contract/class", index: UInt64(number % classes))
      var noise = Philox(seed: 1, stream: "contract/image", index: UInt64(number))
      return (0..<count).map { _ in pattern.nextNormal() + 0.5 * noise.nextNormal() }
    }
    return LabelledImages(
      images: Tensor(shape: Shape([numbers.count] + imageShape), converting: values, to: .float32),
      targets: .oneHot(numbers.map { $0 % classes }, classes: classes))
  }

  private func epoch(_ search: Search, _ state: Search.State) throws -> Search.State {
    try search.epoch(state, training: training, validation: validation, batch: images).state
  }

  private func run(_ search: Search, from state: Search.State? = nil, threads: Int = 1) throws -> Search.State {
    try TaskTeam.withThreads(threads) {
      var state = state ?? search.start()
      while state.epochs < length { state = try epoch(search, state) }
      return state
    }
  }

  private func bytes(_ state: Search.State) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return try encoder.encode(SearchCheckpoint(state))
  }

  func repetition() throws -> [String] {
    var found = [String]()
    let once = try run(search())
    let selection = try search().selection(once, validation: validation, batch: images)
    let again = try run(search(), threads: 2)
    if try bytes(again) != bytes(once) { found.append("two searches with one seed, on one thread and on two, differ") }
    if try search().selection(again, validation: validation, batch: images) != selection {
      found.append("two searches with one seed recommend different architectures")
    }
    if try bytes(run(search(seed: 2))) == bytes(once) { found.append("searches with different seeds are equal") }
    return found
  }

  func continuation() throws -> [String] {
    let whole = try bytes(run(search()))
    var found = [String]()
    for part in 1..<length {
      var state = try search().start()
      while state.epochs < part { state = try epoch(search(), state) }
      let saved = try JSONDecoder().decode(SearchCheckpoint.self, from: bytes(state))
      let fresh = try search()
      if try bytes(run(fresh, from: saved.state(of: fresh))) != whole {
        found.append("a search restored after \(part) epochs goes on otherwise")
      }
    }
    return found
  }

  func epochs() throws -> [String] {
    let search = try search()
    var found = [String]()
    var state = search.start()
    var moved = false
    while state.epochs < length {
      let next = try epoch(search, state)
      if next.epochs != state.epochs + 1 { found.append("an epoch counts as \(next.epochs - state.epochs)") }
      if next.weights.tensors.map(\.bytes) == state.weights.tensors.map(\.bytes) {
        found.append("epoch \(next.epochs) does not train the weights")
      }
      let changed = next.architecture.tensors.map(\.bytes) != state.architecture.tensors.map(\.bytes)
      moved = moved || changed
      if changed, Double(state.epochs) < method.warmUp * Double(length) {
        found.append("θ moves in epoch \(next.epochs), in which it is to rest")
      }
      let selection = try search.selection(next, validation: validation, batch: images)
      if !contains(selection.architecture) { found.append("the architecture of epoch \(next.epochs) is outside of the space") }
      let diagnostics = try SearchDiagnostics(next, of: search, curvature: images(Array(validation.prefix(batchSize))))
      if !(0...1).contains(diagnostics.skipProbability) || diagnostics.eigenvalue.map({ !$0.isFinite }) ?? false {
        found.append("the diagnostics of epoch \(next.epochs) are no numbers")
      }
      state = next
    }
    if case .none = method.learning(on: model, rate: 0.1, weightDecay: 0) {
      if moved { found.append("θ moves although it is said not to learn") }
    } else if !moved {
      found.append("θ never moves")
    }
    return found
  }

  func data() throws -> [String] {
    let search = try search()
    var found = [String]()
    let state = try run(search)
    var asked = [Int]()
    _ = try search.epoch(search.start(), training: training, validation: validation) {
      asked += $0
      return images($0)
    }
    if asked.contains(where: { !training.contains($0) && !validation.contains($0) }) {
      found.append("an epoch asks for images of neither level")
    }
    let trained = asked.filter(training.contains)
    if Set(trained).count != trained.count || trained.count != training.count / batchSize * batchSize {
      found.append("an epoch asks for \(trained.count) training images, \(Set(trained).count) of them different")
    }
    asked = []
    _ = try search.selection(state, validation: validation) {
      asked += $0
      return images($0)
    }
    if asked.contains(where: { !validation.contains($0) }) { found.append("the selection asks for other than validation images") }
    return found
  }

  func failures() throws -> [String] {
    let search = try search()
    var found = [String]()
    func broken(_ numbers: [Int]) -> LabelledImages {
      var batch = images(numbers)
      batch.images = Tensor(repeating: .nan, shape: batch.images.shape)
      return batch
    }
    func check(_ what: String, _ body: () throws -> Void) {
      do {
        try body()
        found.append("\(what) do not end in an error")
      } catch is BilevelError {
      } catch is SupernetSearchError {
      } catch {
        found.append("\(what) end in an error of the type \(type(of: error))")
      }
    }
    check("images that are no numbers") {
      _ = try search.epoch(search.start(), training: training, validation: validation, batch: broken)
    }
    check("validation images that are no numbers") {
      // A method may look at them only in the end.
      func batch(_ numbers: [Int]) -> LabelledImages {
        numbers.contains(where: validation.contains) ? broken(numbers) : images(numbers)
      }
      var state = search.start()
      while state.epochs < length {
        state = try search.epoch(state, training: training, validation: validation, batch: batch).state
      }
      _ = try search.selection(state, validation: validation, batch: batch)
    }
    check("fewer images than a batch") {
      _ = try search.epoch(search.start(), training: Array(training.prefix(batchSize - 1)), validation: validation, batch: images)
    }
    return found
  }
}
