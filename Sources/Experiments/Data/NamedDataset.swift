import Datasets
import Foundation

/// Finds data sets by name: packs of the catalogue, and data sets in official formats that lie on the machine.
public enum NamedDataset {
  /// Where Debian's package `dataset-fashion-mnist` puts its files.
  public static let fashionMNISTFolder = "/usr/share/datasets/fashion-mnist"

  /// Reads the data set of a name.
  ///
  /// - Parameters:
  ///   - name: a name of the catalogue, a path that ends in `.archpack`, `"omniglot"` or `"fashion-mnist"`.
  ///   - folder: where Omniglot's archives lie; `"../shared/data"`, a sibling of the project, where it is `nil`.
  /// - Returns: the data set with the rule by which pictures are read for it, assumed where none is written down.
  /// - Throws: `CatalogError`, `PackError` or `ReaderError`.
  public static func load(_ name: String, folder: String? = nil) throws -> ImageDataset {
    var dataset = try read(name, folder: folder)
    dataset.reading = dataset.reading ?? .assumed(for: dataset)
    return dataset
  }

  private static func read(_ name: String, folder: String?) throws -> ImageDataset {
    switch name {
    case "omniglot":
      let folder = folder ?? "../shared/data"
      return try OmniglotReader.dataset(
        archives: ["images_background.zip", "images_evaluation.zip"].map { folder + "/" + $0 })
    case "fashion-mnist":
      return try IDXReader.dataset(
        name: name, folder: folder ?? fashionMNISTFolder, classNames: IDXReader.fashionMNISTClasses)
    default:
      return try DatasetCatalog.load(name).dataset
    }
  }
}
