#!/usr/bin/env bash
# `archprior` as the tests run the commands of the documents: with further options that make long work small. The last of an option counts.
case "$1" in
meta-train)
  sources='[glyphs-greek]'
  case "$*" in *mixture*) sources='[glyphs-greek, icons-actions]' ;; esac
  exec "$PROGRAM" "$@" --set "data.sources=$sources" --set space.channels=2 --set space.nodes=1 --set task.query=2 --set inner.steps=1 --set inner.test_steps=1 \
    --set outer.meta_batch=2 --set budget.tasks=2 --set decoded.tasks=2 --set decoded.steps=1 --set decoded.test_steps=1 \
    --set decoded.meta_batch=2 --set evaluation.validation_tasks=2 ;;
evaluate) exec "$PROGRAM" "$@" --tasks 2 ;;
# Minutes of meta-training, whatever they are asked for.
compare | study) exec "$PROGRAM" "$@" --dry-run ;;
search)
  images=()
  case " $* " in *" --image-count "*) images=(--image-count 40) ;; esac
  exec "$PROGRAM" "$@" --evaluations 2 --seeds 1 "${images[@]}" ;;
supernet) exec "$PROGRAM" "$@" --epochs 1 --channels 2 --cells 1 --images 8 --batch 4 --eigenvalues 0 --seeds 1 ;;
*) exec "$PROGRAM" "$@" ;;
esac
