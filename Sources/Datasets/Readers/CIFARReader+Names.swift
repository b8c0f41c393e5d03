extension CIFARReader {
  /// The class names of CIFAR-10 (Krizhevsky, 2009), by label.
  public static let cifar10Classes = [
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
  ]

  /// The class names of CIFAR-100 (Krizhevsky, 2009), by fine label: alphabetical.
  public static let cifar100Classes = [
    "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle", "bowl", "boy",
    "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle", "chair", "chimpanzee", "clock",
    "cloud", "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur", "dolphin", "elephant", "flatfish", "forest",
    "fox", "girl", "hamster", "house", "kangaroo", "keyboard", "lamp", "lawn_mower", "leopard", "lion", "lizard",
    "lobster", "man", "maple_tree", "motorcycle", "mountain", "mouse", "mushroom", "oak_tree", "orange", "orchid",
    "otter", "palm_tree", "pear", "pickup_truck", "pine_tree", "plain", "plate", "poppy", "porcupine", "possum", "rabbit",
    "raccoon", "ray", "road", "rocket", "rose", "sea", "seal", "shark", "shrew", "skunk", "skyscraper", "snail", "snake",
    "spider", "squirrel", "streetcar", "sunflower", "sweet_pepper", "table", "tank", "telephone", "television", "tiger",
    "tractor", "train", "trout", "tulip", "turtle", "wardrobe", "whale", "willow_tree", "wolf", "woman", "worm",
  ]

  /// The superclass names of CIFAR-100, by coarse label.
  public static let cifar100Superclasses = [
    "aquatic_mammals", "fish", "flowers", "food_containers", "fruit_and_vegetables", "household_electrical_devices",
    "household_furniture", "insects", "large_carnivores", "large_man-made_outdoor_things", "large_natural_outdoor_scenes",
    "large_omnivores_and_herbivores", "medium_mammals", "non-insect_invertebrates", "people", "reptiles", "small_mammals",
    "trees", "vehicles_1", "vehicles_2",
  ]

  /// A published division of CIFAR-100's classes for few-shot learning.
  public enum FewShotSplit: String, Sendable, CaseIterable {
    /// 64 / 16 / 20 classes at random (Bertinetto et al., "Meta-learning with differentiable closed-form solvers", ICLR 2019).
    case cifarFS = "cifar-fs"
    /// 60 / 20 / 20 classes of 12 / 4 / 4 superclasses (Oreshkin et al., "TADAM", NeurIPS 2018).
    case fc100

    /// The part of each class, by fine label: 0 meta-train, 1 meta-validation, 2 meta-test.
    public var parts: [Int] {
      switch self {
      case .cifarFS:
        Self.digits("00201201200000110001020000110000102000001020002110" + "00000100202020000002210100020000022021010000220022")
      case .fc100:
        Self.digits("00212022000200210021010020100021002210100011012000" + "10000200000002212000002012010110000000100000020121")
      }
    }

    /// The names of the classes of a part.
    public func classes(ofPart part: Int) -> [String] {
      zip(CIFARReader.cifar100Classes, parts).filter { $0.1 == part }.map(\.0)
    }

    private static func digits(_ text: String) -> [Int] { text.utf8.map { Int($0) - 48 } }
  }
}
