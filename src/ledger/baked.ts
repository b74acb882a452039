/** Prefix of the step ids under which the ledger records the changes of `agent bake`, which belong to the image of a machine. */
export const BAKE_STEPS = 'bake/'

/** Those of them that make a bundle part of the image. */
export const BUNDLE_STEPS = `${BAKE_STEPS}bundle/`
