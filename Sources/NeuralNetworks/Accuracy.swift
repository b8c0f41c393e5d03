import Tensors

/// How many rows of class scores `[images, classes]` have their largest one at the row's label; the first one on ties.
public func rightCount(of scores: Tensor, _ labels: [Int]) -> Int {
  zip(scores.rowArgmax, labels).count { $0 == $1 }
}

/// The share of rows of class scores `[images, classes]` whose largest one is at the row's label, in 0...1; 0 for no rows.
public func accuracy(of scores: Tensor, _ labels: [Int]) -> Double {
  Double(rightCount(of: scores, labels)) / Double(max(1, labels.count))
}
