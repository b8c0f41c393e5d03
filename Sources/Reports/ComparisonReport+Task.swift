extension ComparisonReport {
  /// How one task moved the architecture: softmax weights before, after, and their difference.
  static func adaptation(_ results: ComparisonResults) -> Page.Section? {
    guard let adaptation = results.adaptation, !adaptation.cells.isEmpty else { return nil }
    var blocks: [Page.Block] = [
      .paragraph(
        "Every edge of the supernet mixes all operations with the weights shown (a softmax of θ, in percent). "
          + "The prior is what meta-training learnt; a few gradient steps on the support images turn it into the task’s own. "
          + "Blue is more than an equal share, orange less. Outlined cells are the edges and operations that decoding keeps.")
    ]
    for cell in adaptation.cells { blocks.append(heatMap(cell, adaptation: adaptation)) }
    return Page.Section(title: "From prior to task", blocks: blocks)
  }

  private static func heatMap(
    _ cell: ComparisonResults.Adaptation.Cell, adaptation: ComparisonResults.Adaptation
  ) -> Page.Block {
    .chart(
      HeatMap.operationWeights(
        of: cell.kind, operations: adaptation.operations,
        tables: [("prior", cell.before), ("after adaptation", cell.after)], showingChange: true),
      caption: "\(cell.kind.rawValue.capitalisedFirst) cell, \(adaptation.task).")
  }

  /// The Unicode name of a class that is a character ("U+0254": "Latin small letter open o"); empty for other classes.
  private static func characterName(_ label: String) -> String {
    guard label.hasPrefix("U+"), let value = UInt32(label.dropFirst(2), radix: 16),
      let name = Unicode.Scalar(value)?.properties.name
    else { return "" }
    return name.lowercased().capitalisedFirst
  }

  /// One task's pictures by class.
  static func sampleTask(_ results: ComparisonResults) -> Page.Section? {
    guard let task = results.sampleTask else { return nil }
    var labels = [String]()
    for picture in task.support + task.query where !labels.contains(picture.label) { labels.append(picture.label) }
    let rows = labels.map { label in
      ImageGrid.Row(
        label: label, detail: characterName(label),
        groups: [
          task.support.filter { $0.label == label }.map { picture in
            ImageGrid.Picture(png: picture.png, alternative: "support image of \(label)")
          },
          task.query.filter { $0.label == label }.map { picture in
            guard let prediction = picture.prediction else {
              return ImageGrid.Picture(png: picture.png, alternative: "query image of \(label)")
            }
            let right = prediction == label
            return ImageGrid.Picture(
              png: picture.png, alternative: "query image of \(label), classified as \(prediction)",
              caption: right ? "" : prediction, verdict: right ? .right : .wrong)
          },
        ])
    }
    let predicted = task.query.filter { $0.prediction != nil }
    let right = predicted.count { $0.prediction == $0.label }
    let score = predicted.isEmpty ? "" : " \(right) of \(predicted.count) query images are classified rightly."
    return Page.Section(
      title: "One task",
      blocks: [
        .images(
          ImageGrid(
            caption: task.description + score, rowTitle: "class",
            columns: ["support: what the method may learn from", "query: what it has to classify"], rows: rows))
      ])
  }
}
