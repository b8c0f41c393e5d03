import Datasets
import Tensors

extension FewShotTask {
  /// The images of a user's folder. Labels that the folder does not tell stand as 0, so that losses and accuracies on the query
  /// images mean nothing then; predictions do not depend on them.
  public init(_ folder: FolderTask) {
    self.init(
      supportImages: folder.support.tensor, supportLabels: folder.supportLabels, queryImages: folder.query.tensor,
      queryLabels: folder.queryLabels.map { $0 ?? 0 }, way: folder.way)
  }
}
