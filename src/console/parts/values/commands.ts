import { commandOf } from '../../../protocol/api/remedy.ts'

/** How a bundle comes into the controller; the controller has no way to upload one. */
export const IMPORT_BUNDLE = commandOf({ do: 'bundle.import' })
