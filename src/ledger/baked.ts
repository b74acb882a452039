/** Prefix of the step ids under which the ledger records the changes of `agent bake`, which belong to the image of a machine. */
export const BAKE_STEPS = 'bake/'

/** Those of them that make a bundle part of the image. */
export const BUNDLE_STEPS = `${BAKE_STEPS}bundle/`

/**
 * Prefix of the step ids of `controller push --prepare-only`. These changes belong to the installation: its uninstallation undoes them,
 * and a reset does not.
 */
export const PREPARE_STEPS = 'prepare/'

/** Whether the changes of this step were made before the machine became a node. They stay when it is reset. */
export const isOfPreparation = (step: string): boolean => step.startsWith(BAKE_STEPS) || step.startsWith(PREPARE_STEPS)
