import Basics
import Testing

@Suite struct CountedTests {
  @Test func oneIsSingular() {
    #expect(counted(1, "image") == "1 image" && counted(0, "image") == "0 images" && counted(2, "image") == "2 images")
    #expect(counted(1, "class", "classes") == "1 class" && counted(12, "class", "classes") == "12 classes")
  }
}
