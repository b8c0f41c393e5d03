import ArchPrior
import Foundation

/// Where a result of a run is kept: in the run's folder, or in a file that the user named. Found fit to be written before the work begins;
/// where the run's folder is not, the user is told so, and the result is printed all the same.
struct ResultPlace {
  /// The file.
  let path: String
  private let run: RunDirectory
  private let name: String
  private let file: OutputFile?

  /// - Parameters:
  ///   - file: the file that the user named, found fit to be written; `nil` for the run's folder.
  ///   - name: of the result in the run's folder.
  ///   - isDryRun: whether nothing may be tried.
  init(_ file: OutputFile?, in run: RunDirectory, named name: String, isDryRun: Bool) {
    self.file = file
    self.run = run
    self.name = name
    path = file?.path ?? run.resultPath(name)
    guard file == nil, !isDryRun else { return }
    do throws(RunError) {
      try run.checkResultsAreWritable()
    } catch {
      Output.note("note: \(error.message); the result will be printed, and not kept (--output FILE keeps it elsewhere)")
    }
  }

  /// Writes the result, which has been printed. A file that the user named is waited for while the disk is full.
  ///
  /// - Throws: `CommandError` where it cannot be kept.
  func keep(_ value: some Encodable) throws(CommandError) {
    do {
      guard let file else { return try run.writeResult(value, named: name) }
      let waiting = DiskFull.waiting(kept: { "loses nothing that is not printed above" }, { Output.note($0) })
      try DiskSpace.persist(waiting: waiting) { try file.write(json: value) }
    } catch {
      throw CommandError(
        "the result was printed, and not kept: \(ErrorReport(error).message)",
        help: file == nil ? "--output FILE keeps it elsewhere" : ErrorReport(error).help, code: 1)
    }
  }
}
