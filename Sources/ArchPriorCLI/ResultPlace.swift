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
    path = file?.path ?? "\(run.path)/results/\(name).json"
    guard file == nil, !isDryRun else { return }
    do throws(RunError) {
      try run.checkResultsAreWritable()
    } catch {
      Output.note("note: \(error.message); the result will be printed, and not kept (--output FILE keeps it elsewhere)")
    }
  }

  /// Writes the result.
  ///
  /// - Returns: what kept it from being written, to be thrown once it is printed.
  func keep(_ value: some Encodable) -> CommandError? {
    do {
      guard let file else {
        try run.writeResult(value, named: name)
        return nil
      }
      try DiskSpace.persist(waiting: DiskFull.waiting { Output.note($0) }) { try file.write(json: value) }
      return nil
    } catch {
      return CommandError(
        "the result was printed, and not kept: \(ErrorReport(error).message)",
        help: file == nil ? "--output FILE keeps it elsewhere" : ErrorReport(error).help, code: 1)
    }
  }
}
