import Basics
import NeuralNetworks

/// A small multilayer perceptron that predicts scores from encodings, trained on the mean absolute error with Adam.
///
/// Own code, not layers of `NeuralNetworks`: the networks are tiny (tens of thousands of multiply-adds), one-hot inputs are mostly zeros,
/// which are skipped, and sums in another order would change what searches with a seed find. Scores are standardised; weights start
/// uniform in ±√(6 / (inputs + outputs)).
struct ScorePredictor {
  struct Settings {
    var layers = 3
    var width = 20
    var epochs = 100
    var learningRate: Float = 0.01
    var batch = 32
  }

  private struct Layer {
    var inputs, outputs: Int
    /// Row-major, one row an input, then the biases.
    var weights: [Float]
  }

  private var layers: [Layer] = []
  private var mean: Float = 0
  private var scale: Float = 1

  /// Trains a predictor.
  ///
  /// - Parameters:
  ///   - inputs: the encodings, all of one length.
  ///   - scores: what they are worth.
  init(inputs: [[Float]], scores: [Double], settings: Settings, generator: inout Philox) {
    let average = scores.reduce(0, +) / Double(scores.count)
    let deviation = (scores.reduce(0) { $0 + ($1 - average) * ($1 - average) } / Double(scores.count)).squareRoot()
    (mean, scale) = (Float(average), deviation > 0 ? Float(deviation) : 1)
    var count = inputs.first?.count ?? 0
    for outputs in [Int](repeating: settings.width, count: settings.layers) + [1] {
      let bound = (6 / Float(count + outputs)).squareRoot()
      let weights = (0..<(count * outputs)).map { _ in bound * (2 * generator.nextFloat() - 1) }
      layers.append(Layer(inputs: count, outputs: outputs, weights: weights + [Float](repeating: 0, count: outputs)))
      count = outputs
    }
    train(inputs, scores.map { (Float($0) - mean) / scale }, settings, &generator)
  }

  /// The predicted score.
  func callAsFunction(_ input: [Float]) -> Double {
    var values = input
    for (number, layer) in layers.enumerated() {
      var outputs = [Float](repeating: 0, count: layer.outputs)
      Self.forward(layer, values, into: &outputs, rectified: number < layers.count - 1)
      values = outputs
    }
    return Double(values[0] * scale + mean)
  }

  private static func forward(_ layer: Layer, _ input: [Float], into output: inout [Float], rectified: Bool) {
    let outputs = layer.outputs
    layer.weights.withUnsafeBufferPointer { weights in
      output.withUnsafeMutableBufferPointer { output in
        let bias = layer.inputs * outputs
        for place in 0..<outputs { output[place] = weights[bias + place] }
        for (row, value) in input.enumerated() where value != 0 {
          let start = row * outputs
          for place in 0..<outputs { output[place] += value * weights[start + place] }
        }
        if rectified { for place in 0..<outputs where output[place] < 0 { output[place] = 0 } }
      }
    }
  }

  private mutating func train(_ inputs: [[Float]], _ targets: [Float], _ settings: Settings, _ generator: inout Philox) {
    var gradients = layers.map { [Float](repeating: 0, count: $0.weights.count) }
    var first = gradients
    var second = gradients
    var step = 0
    var order = Array(inputs.indices)
    for _ in 0..<settings.epochs {
      generator.shuffle(&order)
      for start in stride(from: 0, to: order.count, by: settings.batch) {
        let batch = order[start..<min(start + settings.batch, order.count)]
        for number in gradients.indices { for place in gradients[number].indices { gradients[number][place] = 0 } }
        for example in batch {
          accumulate(inputs[example], targets[example], scale: 1 / Float(batch.count), into: &gradients)
        }
        step += 1
        let rule = AdamStep<Float>(Adam(learningRate: Double(settings.learningRate), epsilon: 1e-7), number: step)
        for number in layers.indices {
          for place in gradients[number].indices {
            rule.update(
              &layers[number].weights[place], gradient: gradients[number][place], first: &first[number][place],
              second: &second[number][place])
          }
        }
      }
    }
  }

  /// Adds the gradient of |prediction − target| · scale.
  private func accumulate(_ input: [Float], _ target: Float, scale: Float, into gradients: inout [[Float]]) {
    var activations = [input]
    for (number, layer) in layers.enumerated() {
      var outputs = [Float](repeating: 0, count: layer.outputs)
      Self.forward(layer, activations[number], into: &outputs, rectified: number < layers.count - 1)
      activations.append(outputs)
    }
    let difference = activations[layers.count][0] - target
    var delta: [Float] = [difference > 0 ? scale : difference < 0 ? -scale : 0]
    for number in layers.indices.reversed() {
      let layer = layers[number]
      let outputs = layer.outputs
      let values = activations[number]
      var below = [Float](repeating: 0, count: number > 0 ? layer.inputs : 0)
      gradients[number].withUnsafeMutableBufferPointer { gradient in
        layer.weights.withUnsafeBufferPointer { weights in
          for place in 0..<outputs { gradient[layer.inputs * outputs + place] += delta[place] }
          for (row, value) in values.enumerated() where value != 0 {
            let start = row * outputs
            var sum: Float = 0
            for place in 0..<outputs {
              gradient[start + place] += value * delta[place]
              sum += weights[start + place] * delta[place]
            }
            // A rectified unit that is off (value 0) passes nothing on.
            if number > 0 { below[row] = sum }
          }
        }
      }
      delta = below
    }
  }
}
