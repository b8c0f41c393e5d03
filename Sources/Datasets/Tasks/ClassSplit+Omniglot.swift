extension ClassSplit {
  /// Characters of the complete Omniglot.
  static let omniglotCharacters = 1_623

  /// The split of Vinyals et al., "Matching networks for one shot learning", NeurIPS 2016: 1,028 / 172 / 423 characters (times
  /// four turns: 4,112 / 688 / 1,692 classes).
  ///
  /// The published lists follow a rule, used here: with the background set first and alphabets and characters in the order of
  /// their names, meta-test is everything after the first 1,200 characters, meta-validation is five whole alphabets of those
  /// 1,200.
  /// - Throws: ``TaskError/notTheStandardDataset(dataset:expected:)`` for anything but all of Omniglot in the reader's order.
  public static func omniglotVinyals(of dataset: ImageDataset) throws -> ClassSplit {
    let validationAlphabets: Set = ["Armenian", "Bengali", "Early_Aramaic", "Hebrew", "Mkhedruli_(Georgian)"]
    try requireOmniglot(dataset)
    let validation = dataset.classes.indices.filter { validationAlphabets.contains(dataset.classes[$0].group) }
    let held = Set(validation)
    return try ClassSplit(
      of: dataset, metaTrain: (0..<1_200).filter { !held.contains($0) }, metaValidation: validation,
      metaTest: Array(1_200..<omniglotCharacters))
  }

  /// The split of MAML (Finn et al., 2017) and of T-NAS: random characters regardless of alphabet, 1,100 / 100 / 423.
  ///
  /// - Throws: ``TaskError/notTheStandardDataset(dataset:expected:)`` for anything but all of Omniglot.
  public static func omniglotRandom(of dataset: ImageDataset, seed: UInt64) throws -> ClassSplit {
    try requireOmniglot(dataset)
    return try random(of: dataset, metaValidation: 100, metaTest: 423, seed: seed)
  }

  private static func requireOmniglot(_ dataset: ImageDataset) throws {
    guard dataset.classes.count == omniglotCharacters, dataset.classes[0].group == "Alphabet_of_the_Magi",
      dataset.classes[1_199].group == "Gurmukhi", dataset.classes[omniglotCharacters - 1].group == "ULOG"
    else {
      throw TaskError.notTheStandardDataset(
        dataset: dataset.name, expected: "all 1,623 characters of Omniglot, background set first, in the order of their names")
    }
  }
}
