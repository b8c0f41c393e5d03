/// Where the parts of a cell's drawing go: inputs on the left, nodes in the column after their latest input, the output on the
/// right.
///
/// Every node has its own lane; the order of the lanes is the one with the least cost (edges through boxes, crossings,
/// length), found by trying all orders of up to five nodes.
struct GenotypeLayout {
  struct Point { var x, y: Double }

  struct Box {
    var centre: Point
    var width, height: Double

    func contains(_ point: Point, margin: Double) -> Bool {
      abs(point.x - centre.x) < width / 2 + margin && abs(point.y - centre.y) < height / 2 + margin
    }

    func overlaps(_ other: Box, margin: Double) -> Bool {
      abs(other.centre.x - centre.x) < (width + other.width) / 2 + margin
        && abs(other.centre.y - centre.y) < (height + other.height) / 2 + margin
    }
  }

  /// A connection from box to box, `operation` nil for those into the output. A cubic with horizontal ends.
  struct Curve {
    var operation: CellOperation?
    var source, target: Int
    var start = Point(x: 0, y: 0)
    var end = Point(x: 0, y: 0)

    var controls: (Point, Point) {
      let reach = (end.x - start.x) * 0.5
      return (Point(x: start.x + reach, y: start.y), Point(x: end.x - reach, y: end.y))
    }

    func point(_ t: Double) -> Point {
      let (c, d) = controls
      let s = 1 - t
      let w = (s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t)
      return Point(
        x: w.0 * start.x + w.1 * c.x + w.2 * d.x + w.3 * end.x, y: w.0 * start.y + w.1 * c.y + w.2 * d.y + w.3 * end.y)
    }

    var polyline: [Point] { (0...8).map { point(Double($0) / 8) } }
  }

  /// Boxes: the two inputs, the nodes, the output.
  private(set) var boxes: [Box] = []
  private(set) var curves: [Curve] = []
  let width: Double
  let height: Double

  private static let columnWidth = 190.0
  private static let laneHeight = 68.0
  private static let margin = 14.0

  init(_ cell: Genotype.Cell) {
    let count = cell.nodes.count
    var depths = [0, 0]
    for edges in cell.nodes { depths.append(1 + (edges.map { depths[$0.input] }.max() ?? 0)) }
    let columns = (depths.max() ?? 0) + 1
    depths.append(columns)
    let lanes = max(count, 3)
    width = Double(columns) * Self.columnWidth + 84
    height = Double(lanes) * Self.laneHeight + 2 * Self.margin

    for (node, edges) in cell.nodes.enumerated() {
      curves += edges.map { Curve(operation: $0.operation, source: $0.input, target: node + 2) }
    }
    curves += (0..<count).map { Curve(operation: nil, source: $0 + 2, target: count + 2) }

    var best: (cost: Double, boxes: [Box], curves: [Curve])?
    for order in Self.orders(count) {
      let boxes = Self.boxes(depths: depths, order: order, lanes: lanes)
      let routed = Self.route(curves, boxes: boxes)
      let cost = Self.cost(routed, boxes: boxes)
      if best.map({ cost < $0.cost }) ?? true { best = (cost, boxes, routed) }
    }
    if let best { (boxes, curves) = (best.boxes, best.curves) }
  }

  /// All orders of up to five nodes' lanes; for more nodes the one that alternates around the middle.
  private static func orders(_ count: Int) -> [[Int]] {
    guard count <= 5 else {
      let middleOut = (0..<count).sorted { abs(2 * $0 - count + 1) < abs(2 * $1 - count + 1) }
      return [middleOut]
    }
    return (0..<count).reduce([[]]) { partial, value in
      partial.flatMap { order in
        (0...order.count).map { place in Array(order[..<place]) + [value] + Array(order[place...]) }
      }
    }
  }

  private static func boxes(depths: [Int], order: [Int], lanes: Int) -> [Box] {
    func y(_ lane: Double) -> Double { margin + (lane + 0.5) * laneHeight }
    let middle = Double(lanes - 1) / 2
    let spare = Double(lanes - order.count) / 2
    return depths.enumerated().map { i, depth in
      let x = 42 + Double(depth) * columnWidth
      if i < 2 { return Box(centre: Point(x: x, y: y(middle - 0.85 + 1.7 * Double(i))), width: 56, height: 34) }
      if i == depths.count - 1 { return Box(centre: Point(x: x, y: y(middle)), width: 56, height: 34) }
      return Box(centre: Point(x: x, y: y(Double(order[i - 2]) + spare)), width: 34, height: 34)
    }
  }

  /// Gives the curves their ends: at each box side, spread in the order of the other ends' heights.
  private static func route(_ curves: [Curve], boxes: [Box]) -> [Curve] {
    var result = curves
    for (i, box) in boxes.enumerated() {
      let leaving = curves.indices.filter { curves[$0].source == i }
        .sorted { boxes[curves[$0].target].centre.y < boxes[curves[$1].target].centre.y }
      let entering = curves.indices.filter { curves[$0].target == i }
        .sorted { boxes[curves[$0].source].centre.y < boxes[curves[$1].source].centre.y }
      func port(_ place: Int, _ count: Int) -> Double {
        let gap = min(9, (box.height - 10) / Double(max(count - 1, 1)))
        return box.centre.y + (Double(place) - Double(count - 1) / 2) * gap
      }
      for (place, curve) in leaving.enumerated() {
        result[curve].start = Point(x: box.centre.x + box.width / 2, y: port(place, leaving.count))
      }
      for (place, curve) in entering.enumerated() {
        result[curve].end = Point(x: box.centre.x - box.width / 2 - 5, y: port(place, entering.count))
      }
    }
    return result
  }

  private static func cost(_ curves: [Curve], boxes: [Box]) -> Double {
    let lines = curves.map(\.polyline)
    var cost = 0.0
    for (curve, line) in zip(curves, lines) {
      let weight = curve.operation == nil ? 0.4 : 1.0
      for (i, box) in boxes.enumerated() where i != curve.source && i != curve.target {
        if line.contains(where: { box.contains($0, margin: 6) }) { cost += 40 * weight }
      }
      cost += abs(curve.end.y - curve.start.y) / 60 * weight
    }
    for i in lines.indices {
      for j in 0..<i where crosses(lines[i], lines[j]) {
        cost += curves[i].operation == nil || curves[j].operation == nil ? 2 : 5
      }
    }
    return cost
  }

  private static func crosses(_ a: [Point], _ b: [Point]) -> Bool {
    // Curves run from left to right, so their ends bound them.
    guard max(a[0].x, b[0].x) < min(a[a.count - 1].x, b[b.count - 1].x) else { return false }
    let (lowA, highA) = (min(a[0].y, a[a.count - 1].y), max(a[0].y, a[a.count - 1].y))
    guard lowA <= max(b[0].y, b[b.count - 1].y), min(b[0].y, b[b.count - 1].y) <= highA else { return false }
    func side(_ p: Point, _ q: Point, _ r: Point) -> Double { (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x) }
    for (p, q) in zip(a, a.dropFirst()) {
      for (r, s) in zip(b, b.dropFirst()) where max(p.x, r.x) < min(q.x, s.x) {
        if side(p, q, r) * side(p, q, s) < 0 && side(r, s, p) * side(r, s, q) < 0 { return true }
      }
    }
    return false
  }

  /// A place for each labelled curve's text: on the curve, away from boxes, other labels and, where possible, other curves.
  ///
  /// Each label takes its best place given the others', in four passes.
  func labels() -> [(curve: Int, box: Box, text: String)] {
    let labelled = curves.indices.compactMap { index in curves[index].operation.map { (curve: index, text: $0.displayName) } }
    var placed = [Int: Box]()
    for _ in 0..<4 {
      for (index, text) in labelled {
        var best: (cost: Double, box: Box)?
        for step in 0...32 {
          let t = 0.14 + 0.72 * Double(step) / 32
          let box = Box(centre: curves[index].point(t), width: 6.1 * Double(text.count) + 12, height: 18)
          let cost = labelCost(of: box, on: index, placed: placed) + abs(t - 0.5) * 4
          if best.map({ cost < $0.cost }) ?? true { best = (cost, box) }
        }
        placed[index] = best?.box
      }
    }
    return labelled.compactMap { index, text in placed[index].map { (index, $0, text) } }
  }

  private func labelCost(of box: Box, on index: Int, placed: [Int: Box]) -> Double {
    var cost = 50 * Double(boxes.count { $0.overlaps(box, margin: 4) })
    for (other, label) in placed where other != index && label.overlaps(box, margin: 3) {
      // The deeper the overlap the worse, so that passes can pull two labels apart.
      cost += 20 + 2 * ((label.height + box.height) / 2 + 3 - abs(label.centre.y - box.centre.y))
    }
    for (other, line) in curves.enumerated() where other != index {
      let weight = line.operation == nil ? 0.5 : 2.0
      if (0...40).contains(where: { box.contains(line.point(Double($0) / 40), margin: 0) }) { cost += weight }
    }
    return cost
  }
}
