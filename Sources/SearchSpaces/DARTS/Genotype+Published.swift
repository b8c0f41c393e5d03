extension Genotype {
  /// The second-order DARTS cells for CIFAR-10.
  ///
  /// Source: Liu, Simonyan, Yang, ICLR 2019; `DARTS_V2` in `cnn/genotypes.py` of github.com/quark0/darts.
  public static let dartsV2 = Genotype(
    unchecked: [
      .normal: Cell(unchecked: [
        [Edge(.separableConvolution3x3, 0), Edge(.separableConvolution3x3, 1)],
        [Edge(.separableConvolution3x3, 0), Edge(.separableConvolution3x3, 1)],
        [Edge(.separableConvolution3x3, 1), Edge(.skipConnect, 0)],
        [Edge(.skipConnect, 0), Edge(.dilatedConvolution3x3, 2)],
      ]),
      .reduction: Cell(unchecked: [
        [Edge(.maxPool3x3, 0), Edge(.maxPool3x3, 1)],
        [Edge(.skipConnect, 2), Edge(.maxPool3x3, 1)],
        [Edge(.maxPool3x3, 0), Edge(.skipConnect, 2)],
        [Edge(.skipConnect, 2), Edge(.maxPool3x3, 1)],
      ]),
    ])

  /// Auto-MAML's cells, searched for 5-way 1-shot mini-ImageNet.
  ///
  /// Source: Lian et al., ICLR 2020; `AUTO_MAML_2` in `genotypes.py` of github.com/dongzelian/T-NAS.
  public static let autoMAML1Shot = Genotype(
    unchecked: [
      .normal: Cell(unchecked: [
        [Edge(.averagePool3x3, 0), Edge(.averagePool3x3, 1)],
        [Edge(.averagePool3x3, 1), Edge(.averagePool3x3, 2)],
        [Edge(.averagePool3x3, 1), Edge(.averagePool3x3, 2)],
        [Edge(.dilatedConvolution3x3, 3), Edge(.averagePool3x3, 2)],
      ]),
      .reduction: Cell(unchecked: [
        [Edge(.averagePool3x3, 0), Edge(.dilatedConvolution5x5, 1)],
        [Edge(.averagePool3x3, 0), Edge(.dilatedConvolution5x5, 1)],
        [Edge(.skipConnect, 3), Edge(.dilatedConvolution5x5, 2)],
        [Edge(.skipConnect, 4), Edge(.skipConnect, 3)],
      ]),
    ])

  /// Auto-MAML's cells, searched for 5-way 5-shot mini-ImageNet.
  ///
  /// Source: Lian et al., ICLR 2020; `AUTO_MAML_3` in `genotypes.py` of github.com/dongzelian/T-NAS.
  public static let autoMAML5Shot = Genotype(
    unchecked: [
      .normal: Cell(unchecked: [
        [Edge(.dilatedConvolution5x5, 1), Edge(.dilatedConvolution5x5, 0)],
        [Edge(.dilatedConvolution5x5, 2), Edge(.dilatedConvolution3x3, 1)],
        [Edge(.separableConvolution5x5, 2), Edge(.separableConvolution3x3, 3)],
        [Edge(.skipConnect, 4), Edge(.dilatedConvolution3x3, 3)],
      ]),
      .reduction: Cell(unchecked: [
        [Edge(.separableConvolution5x5, 0), Edge(.averagePool3x3, 1)],
        [Edge(.averagePool3x3, 1), Edge(.skipConnect, 2)],
        [Edge(.skipConnect, 2), Edge(.averagePool3x3, 1)],
        [Edge(.skipConnect, 2), Edge(.maxPool3x3, 1)],
      ]),
    ])
}
