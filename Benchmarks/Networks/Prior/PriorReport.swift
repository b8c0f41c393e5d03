import ArchPrior
import Foundation

extension PriorResults {
  /// What a report says of where its numbers are from.
  struct Origin: Sendable {
    var machine: String
    var version: String
    var date: String
    var settings: String
  }

  private static let searches: [Contestant] = [
    .prior, .priorOfOmniglot, .randomSearch, .evolution, .darts, .gdas, .priorCell, .randomCell,
  ]
  private static let given: [Contestant] = [
    .prior, .priorOfOmniglot, .decodedMAML, .taskCell, .priorCell, .randomCell, .conv4,
  ]
  /// Colours and dashes: the same contestant looks the same in all charts.
  private static let styles: [Contestant: Int] = [
    .prior: 0, .priorOfOmniglot: 7, .randomSearch: 1, .evolution: 2, .darts: 3, .gdas: 4, .priorCell: 6, .randomCell: 5,
    .decodedMAML: 1, .taskCell: 3, .conv4: 2,
  ]

  /// Accuracy against seconds of some contestants.
  func chart(_ dataset: String, _ shot: Int, _ contestants: [Contestant], title: String) -> LineChart {
    let shown = contestants.filter { contestant in rows(dataset, shot).contains { $0.contestant == contestant } }
    // At one multiple of the time, whiskers would stand on top of each other.
    func apart(_ seconds: Double, _ place: Int) -> Double {
      seconds * pow(1.045, Double(place) - Double(shown.count - 1) / 2)
    }
    var chart = LineChart(
      title: title, xLabel: "processor seconds a task (logarithmic)", yLabel: "accuracy on query images",
      series: shown.enumerated().map { place, contestant in
        LineChart.Series(
          name: contestant.title,
          points: rows(dataset, shot).filter { $0.contestant == contestant }.map {
            LineChart.Point(x: apart($0.seconds, place), y: $0.accuracy.mean, lower: $0.accuracy.lower, upper: $0.accuracy.upper)
          })
      }, styles: shown.map { Self.styles[$0] ?? 0 }, logarithmicX: true, percent: true)
    chart.intervals = .whiskers
    return chart
  }

  /// The page.
  func report(_ origin: Origin) -> Page {
    var sections: [Page.Section] = []
    for (dataset, shot) in places {
      let taskCounts = factors.compactMap { factor in
        rows(dataset, shot).first { $0.factor == factor }.map { "\($0.tasks) at \(factor)×" }
      }
      let note =
        "5-way \(shot)-shot, 95 % intervals (Student’s t) over \(taskCounts.joined(separator: ", ")); the prior on all of them. "
        + "Seconds: median processor time of one thread until the network is ready; drawn a little apart, so that whiskers can be told "
        + "from each other."
      sections.append(
        Page.Section(
          title: "\(dataset.prefix(1).uppercased() + dataset.dropFirst()), \(shot)-shot",
          blocks: sentences(dataset, shot).map { .paragraph($0.prefix(1).uppercased() + $0.dropFirst()) } + [
            .chart(
              chart(dataset, shot, Self.searches, title: "The prior against searches from scratch: \(dataset), \(shot)-shot"),
              caption: "The prior against searches of each task from scratch. " + note),
            .chart(
              chart(dataset, shot, Self.given, title: "The prior against given networks: \(dataset), \(shot)-shot"),
              caption: "The prior against networks that are given, not searched for. " + note),
            .table(resultTable(dataset, shot)),
          ]))
    }
    sections.append(
      Page.Section(
        title: "How it was done",
        blocks: Self.method.map { .paragraph($0) } + [.verbatim(title: "Settings", text: origin.settings)]))
    return Page(
      title: "A prior against searches from scratch",
      summary:
        "The same tasks for everybody: a T-NAS prior adapts in five gradient steps; the others search a cell for each task, or "
        + "train one that is given, with 1, 10 and 100 times the prior’s time.",
      sections: sections, footer: "ArchPrior \(origin.version), \(origin.date), \(origin.machine)")
  }

  private static let method = [
    "A strategy from scratch sees the support images alone. It trains on randomly turned, stretched and shifted copies of them (Adam, "
      + "the rate falls by half a cosine). Half of its time is for the search, half for training the network that was found from its first "
      + "weights. Candidates of random search and evolution are trained for a few steps and judged by the cross-entropy of "
      + "further copies that are changed more strongly; with five shots, of copies of one image a class that is kept from training. DARTS "
      + "and GDAS move the architecture parameters by the same copies, the weights by the others.",
    "Learning rates, batch sizes and lengths were chosen for each multiple of the time on meta-validation tasks. Query images are "
      + "classified once, by the network at the end, normalised by their own batch as the prior’s are.",
    "Time is processor time of one thread, from the first weights to the network that is ready; predictions are not counted. No step is "
      + "begun that would end after the time, judged by the ones before; the table shows what was used. The prior’s meta-training "
      + "is not counted: it is paid once for all tasks.",
  ]

  private func resultTable(_ dataset: String, _ shot: Int) -> Table {
    let rows = rows(dataset, shot)
    return Table(
      caption:
        "“Prior ahead by”: the accuracy of the prior in bold minus this one’s on the same tasks, in points, with its 95 % interval. Judged: "
        + "candidates, or steps of the architecture parameters. Medians over tasks.",
      columns: [Table.Column("contestant")]
        + ["× time", "tasks", "accuracy", "prior ahead by", "seconds", "of them searching", "steps", "judged"].map {
          Table.Column($0, numeric: true)
        },
      rows: rows.map { row in
        [
          Table.Cell(row.contestant.title, strong: row.priorAhead == nil), Table.Cell(row.factor == 0 ? "–" : "\(row.factor)"),
          Table.Cell("\(row.tasks)"), Table.Cell(Self.percent(row.accuracy), strong: row.priorAhead == nil),
          Table.Cell(
            row.priorAhead.map {
              "\(NumberFormat.points($0.mean)) [\(NumberFormat.points($0.lower)), \(NumberFormat.points($0.upper))]"
            } ?? "–"), Table.Cell(NumberFormat.seconds(row.seconds)),
          Table.Cell(row.searchSeconds > 0 ? NumberFormat.seconds(row.searchSeconds) : "–"),
          Table.Cell(NumberFormat.fixed(row.steps, 0)),
          Table.Cell(row.evaluations > 0 ? NumberFormat.fixed(row.evaluations, 0) : "–"),
        ]
      })
  }
}
