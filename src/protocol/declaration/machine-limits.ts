/** Network interfaces whose addresses identify a machine. */
export const MOST_MACS = 32
export const MOST_LABELS = 16
/** They are sent in the head of a request, which is limited to 8 KiB. */
export const MOST_LABEL_CHARACTERS = 1_500
