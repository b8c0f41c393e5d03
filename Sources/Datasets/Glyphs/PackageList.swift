/// Names of Debian packages out of a file.
public struct PackageList: Sendable, Hashable {
  /// The file.
  public let path: String
  /// The names, each once, in the order of the file.
  public let packages: [String]

  init(path: String, packages: [String]) {
    self.path = path
    var seen: Set<String> = []
    self.packages = packages.filter { seen.insert($0).inserted }
  }

  /// Those that dpkg does not have as installed.
  ///
  /// - Parameter root: the folder under which `var/lib/dpkg` lies.
  public func missing(root: String = "/") -> [String] {
    let versions = FontCatalog.installedVersions(status: (root.hasSuffix("/") ? root : root + "/") + "var/lib/dpkg/status")
    return packages.filter { versions[$0] == nil }
  }
}
