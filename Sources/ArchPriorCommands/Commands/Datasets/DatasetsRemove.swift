import ArchPrior
import ArgumentParser
import Foundation

extension DatasetsCommand {
  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Delete packs that were imported; those that come with ArchPrior stay.")

    @Argument(help: "Names of data sets, or paths of .archpack files.")
    var names: [String]

    @Flag(help: "Also delete packs that cannot be read.")
    var damaged = false

    @Flag(help: "Say what would be deleted and delete nothing.")
    var dryRun = false

    func run() throws {
      // All are looked at before the first one goes.
      let paths = try names.map { name in
        let path = try DatasetsCommand.path(of: name)
        do {
          guard try DatasetPack.read(path).isImported else {
            throw CommandError(
              "\(name) was not imported, so it is not removed", help: "delete the file yourself if you mean it: \(path)", code: 2)
          }
        } catch let error as PackError {
          if case .unreadable = error { throw error }
          guard damaged else {
            throw CommandError("\(error)", help: "add --damaged to delete a pack that cannot be read", code: 1)
          }
        }
        return path
      }
      for path in paths {
        if dryRun {
          print("would delete \(path)")
          continue
        }
        let isLink = RunDirectory.isLink(path)
        do throws(RunError) {
          try remove(path)
        } catch {
          let reason = if case .system(_, let reason) = error.problem { reason } else { error.message }
          throw CommandError("\(path): cannot be deleted: \(reason)", help: "check its folder", code: 1)
        }
        print("deleted \(path)\(isLink ? ", a symbolic link; what it points to stays" : "")")
      }
    }

    /// Deletes a pack; never through a link below the folder of the catalogue that it was found in.
    private func remove(_ path: String) throws(RunError) {
      let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "./"
      let root = names.contains(path) ? nil : DatasetCatalog().folders.map { $0 + "/" }.first { path.hasPrefix($0) }
      let held = try HeldFolder(root ?? folder)
      try held.remove(at: path.hasPrefix(root ?? folder) ? String(path.dropFirst((root ?? folder).count)) : path)
    }
  }
}
