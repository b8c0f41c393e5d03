import Datasets
import MetaLearning

extension StudyData {
  /// The tensors of a meta-training task, with as many classes as networks have outputs.
  ///
  /// - Throws: `TaskError` where a description does not fit.
  func trainingTask(_ index: Int, for model: some AdaptableModel) throws -> FewShotTask {
    FewShotTask(try maker.episode(metaTrain.description(at: index)), way: model.hasClassOutputs ? shape.way : nil)
  }

  /// The number of the task with the most images among the first ones of each stage of the curriculum.
  var largestTask: Int {
    let candidates = metaTrain.stages.flatMap { $0.from..<$0.from + 32 }
    func images(_ index: Int) -> Int {
      metaTrain.description(at: index).classes.reduce(0) { $0 + $1.support.count + $1.query.count }
    }
    return candidates.map { (index: $0, images: images($0)) }.max { ($0.images, $1.index) < ($1.images, $0.index) }?.index ?? 0
  }
}
