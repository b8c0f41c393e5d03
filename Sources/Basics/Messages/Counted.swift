/// A number with what it counts: `1 image`, `2 images`.
///
/// - Parameter several: the word for more than one; with an s at the end where it is left out.
package func counted(_ number: Int, _ one: String, _ several: String? = nil) -> String {
  "\(number) \(number == 1 ? one : several ?? one + "s")"
}
