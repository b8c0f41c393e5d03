extension ComparisonConfiguration {
  /// What `archprior compare` does where it is given no file; `configs/compare.yaml` word for word.
  static let usualText = """
    # What `make run` does: a T-NAS prior against what it has to beat, on the same unseen tasks, in 6 minutes of meta-training.
    # Copy this file, change it, and call `archprior compare FILE --output FOLDER`.
    name: comparison

    base:
      seed: 1
      task: {way: 5, shot: 1, query: 15}
      data:
        # The scripts that are held out are seen by no meta-training: meta-test is on new characters and on new scripts.
        sources: ["glyphs-*"]
        holdout_sources: [glyphs-arabic, glyphs-hebrew, glyphs-telugu, glyphs-thai]
        train_fraction: 0.6
        validation_fraction: 0.15
        rotations: true
      space: {stem: pooled-twice, channels: 16, nodes: 4}
      # The literature's inner rate of 0.4 goes with a single inner step; with five, conv-4 is far better at 0.1. Decoded cells have no batch
      # norm behind their poolings, so that some do not train at 0.4.
      inner: {steps: 5, test_steps: 5, weight_rate: 0.1}
      outer: {weight_rate: 3e-3, schedule: cosine, meta_batch: 4}
      evaluation: {tasks: 600, validation_every: null, validation_points: 6, validation_tasks: 30}

    runs:
      # The prior, then the network that is decoded from it.
      t-nas:
        method: t-nas
        inner: {weight_rate: 0.6, architecture_rate: 10}
        outer: {architecture_rate: 3e-3, architecture_betas: [0.5, 0.999], architecture_weight_decay: 1e-3}
        budget: {seconds: 165}
        decoded: {seconds: 12, steps: 5, test_steps: 5, weight_rate: 0.1, outer_rate: 3e-3, meta_batch: 4}
      # A cell that the seed draws from the same space, trained as long as the decoded one.
      random: {method: maml, genotype: random, budget: {seconds: 12}}
      # Four convolutions of 64 filters, trained as long as the prior.
      conv-4: {method: maml, conv4: {filters: 64}, budget: {seconds: 165}}

    # What is evaluated; the first is held against all others, task by task.
    contestants:
      - {name: T-NAS adapted (w and θ), run: t-nas}
      - {name: "T-NAS prior, θ frozen", run: t-nas, learner: frozen}
      - {name: supernet without meta-training, run: t-nas, learner: untrained}
      - {name: "decoded network, MAML", run: t-nas, learner: decoded}
      - {name: "random genotype, MAML", run: random}
      - {name: MAML conv-4, run: conv-4}

    """
}
