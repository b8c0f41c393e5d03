import ArchPrior
import Basics
import Foundation

extension AdaptCommand {
  /// Under which name the run keeps the result where no file is given: that of another folder or other settings is not overwritten.
  func resultName(_ subject: Subject, in run: RunDirectory) -> String {
    struct Kept: Decodable { var subject: Subject? }
    let base = "adaptation-" + URL(fileURLWithPath: task).standardizedFileURL.lastPathComponent
    return run.resultName(base, digest: RunDirectory.digest(subject)) { name in
      (try? run.readResult(Kept.self, named: name))?.subject == subject
    }
  }

  func subject(
    _ images: FolderTask, _ learner: TrainedPrior.Learner, _ prior: TrainedPrior, _ run: RunDirectory
  ) -> Subject {
    struct Pictures: Encodable {
      var names: [[String]]
      var labels: [[Int?]]
      var pixels: [String]
    }
    func digest(_ batch: ImageBatch) -> String { SHA256.hex(batch.pixels.withUnsafeBytes(Array.init)) }
    func names(_ files: [String]) -> [String] { files.map { URL(fileURLWithPath: $0).lastPathComponent } }
    let pictures = Pictures(
      names: [images.classNames, names(images.supportFiles), names(images.queryFiles)],
      labels: [images.supportLabels, images.queryLabels], pixels: [digest(images.support), digest(images.query)])
    return Subject(
      task: URL(fileURLWithPath: task).standardizedFileURL.path, pictures: RunDirectory.digest(pictures), learner: learner.name,
      steps: learner.steps, batchNorm: prior.configuration.batchNorm.rawValue, trainedWay: prior.trainedWay,
      overrides: prior.configuration.overrides(of: run.configuration), tasksSeen: prior.tasksSeen)
  }

  func result(
    _ folder: FolderTask, _ choice: ReadingOptions.Choice, _ adapted: AdaptationResult, _ genotype: Genotype?,
    _ subject: Subject
  ) -> Result {
    let probabilities = adapted.probabilities.doubles
    let chosen = adapted.probabilities.rowArgmax
    let labelled = zip(folder.queryLabels, chosen).compactMap { label, choice in label.map { $0 == choice } }
    return Result(
      classes: folder.classNames,
      predictions: chosen.enumerated().map { index, choice in
        .init(
          file: folder.queryFiles[index], predicted: folder.classNames[choice],
          probability: probabilities[index * folder.way + choice],
          probabilities: Array(probabilities[index * folder.way..<(index + 1) * folder.way]),
          label: folder.queryLabels[index].map { folder.classNames[$0] })
      },
      accuracy: labelled.isEmpty ? nil : Double(labelled.count { $0 }) / Double(labelled.count), genotype: genotype?.text,
      repeated: folder.repeated, seconds: adapted.seconds, supportLosses: adapted.supportLosses, inverted: folder.inverted,
      reading: folder.reading, readAs: choice.datasets, leftOut: folder.leftOut.map(\.description),
      batchNorm: subject.batchNorm, subject: subject)
  }
}
