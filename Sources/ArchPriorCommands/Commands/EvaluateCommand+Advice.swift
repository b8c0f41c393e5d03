import ArchPrior
import Basics

extension EvaluateCommand {
  /// The error of tasks that the classes of a data set cannot fill, with options by which they can; any other error as it is.
  static func explained(_ error: any Error, _ pools: [ClassPool<MetaTest>], _ task: TaskShape) -> any Error {
    switch error as? TaskError {
    case .tooFewImages, .tooFewClasses, .noClasses: break
    default: return error
    }
    func suffice(_ way: Int, _ images: Int) -> Bool {
      pools.allSatisfy { $0.droppingClasses(withFewerImagesThan: images).distinguishableClasses >= way }
    }
    var options: [String] = []
    if let queries = (1..<task.queriesPerClass).last(where: { suffice(task.way, task.shot + $0) }) {
      options.append("--set task.query=\(queries)")
    }
    if let way = (2..<max(2, task.way)).last(where: { suffice($0, task.imagesPerClass) }) { options.append("--ways \(way)") }
    if options.isEmpty, task.shot > 1, suffice(2, 2) { options.append("fewer --shots, --ways and --set task.query=N") }
    let message = ErrorReport(error).message
    return CommandError(
      message, help: options.isEmpty ? "name another data set" : options.joined(separator: " or ") + ", or another data set",
      code: 1)
  }

  /// What people should know of a data set whose drawings have the other paper than those that the run has learned from; `nil` where all are
  /// of one kind, or not drawings.
  static func paperNote(_ dataset: ImageDataset, _ data: StudyData) -> String? {
    func isLight(_ dataset: ImageDataset) -> Bool? {
      guard let format = PictureReading.assumed(for: dataset)?.format, format.ink == .automatic else { return nil }
      return format.background >= 128
    }
    let trained = data.metaTrain.sources.map { isLight($0.dataset) }
    guard let theirs = isLight(dataset), !trained.isEmpty, trained.allSatisfy({ $0 == !theirs }) else { return nil }
    let (paper, usual) = theirs ? ("light", "dark") : ("dark", "light")
    return
      "the drawings of \(dataset.name) have \(paper) paper, those that the run has learned from \(usual), "
      + "which by itself can lower accuracies; a pack of your own can be imported again with the other --ink"
  }
}
