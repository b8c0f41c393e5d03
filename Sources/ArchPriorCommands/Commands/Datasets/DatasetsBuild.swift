import ArchPrior
import ArgumentParser
import Basics
import Foundation

extension DatasetsCommand {
  struct Build: ParsableCommand {
    /// What can be built.
    enum Kind: String, ExpressibleByArgument, CaseIterable { case glyphs, icons }

    static let configuration = CommandConfiguration(
      abstract: "Draw data sets from Debian's fonts (glyphs) or icon themes (icons).",
      discussion: """
        Needs the packages of the list to be installed; FOLDER/fonts.txt and FOLDER/themes.txt say how. The same versions of the \
        packages give the same bytes. Contact sheets go into FOLDER/sheets.
        """)

    @Argument(help: "What to build: glyphs or icons.")
    var kind: Kind

    @Option(help: "The folder that the .archpack files go into; datasets/KIND where it is left out.")
    var output: String?

    @Option(help: "The list of packages; fonts.txt or themes.txt in the folder where it is left out.")
    var list: String?

    @Option(parsing: .upToNextOption, help: "Scripts to draw (glyphs only); all of them where it is left out.")
    var scripts: [String] = []

    @Flag(help: "Say what would be made, and which packages are missing; write nothing.")
    var dryRun = false

    func validate() throws {
      if kind == .icons, !scripts.isEmpty { throw ValidationError("--scripts goes with glyphs only") }
    }

    func run() throws {
      let folder = output ?? "datasets/\(kind.rawValue)"
      // A mistake in the list must not leave an empty folder behind.
      if let list, !FileManager.default.fileExists(atPath: list) {
        throw CommandError(
          "\(list): there is no such list of packages", help: "--list wants a file with a package a line", code: 2)
      }
      if dryRun { return try printPlan(folder) }
      try OutputFolder.make(folder, option: "--output")
      let made: Int
      switch kind {
      case .glyphs:
        let reports = try GlyphBuilder.build(scripts: scripts.isEmpty ? nil : scripts, into: folder, fontList: list) { print($0) }
        made = reports.count { $0.path != nil }
      case .icons:
        made = try IconBuilder.build(into: folder, themeList: list) { print($0) }.count { $0.path != nil }
      }
      print("\(counted(made, "data set")) in \(folder)")
    }

    private func printPlan(_ folder: String) throws {
      let (lists, products): ([PackageList], String)
      switch kind {
      case .glyphs:
        let unknown = scripts.first { name in !GlyphScript.all.contains { $0.name == name } }
        if let unknown { throw GlyphError.unknownScript(unknown, known: GlyphScript.all.map(\.name)) }
        lists = try GlyphBuilder.packageLists(list ?? folder + "/fonts.txt")
        products = counted(scripts.isEmpty ? GlyphScript.all.count : scripts.count, "script")
      case .icons:
        lists = [try IconBuilder.packageList(list ?? folder + "/themes.txt")]
        products = "one data set for each context"
      }
      for list in lists {
        let missing = list.missing()
        print("\(list.path): \(counted(list.packages.count, "package")), \(missing.count) of them not installed")
        if !missing.isEmpty { print("install them with: \(Advice.install(packages: missing))") }
      }
      print("would draw \(products) into \(folder); nothing was written")
    }
  }
}
