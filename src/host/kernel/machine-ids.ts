/** Placeholders on boards whose vendor did not set a UUID; compared in lower case. */
const PLACEHOLDER_UUIDS = [
  '03000200-0400-0500-0006-000700080009',
  '00020003-0004-0005-0006-000700080009',
  '12345678-1234-5678-90ab-cddeefaabbcc',
  '01234567-8910-1112-1314-151617181920',
]

/** machine-id(5): 32 lower-case hex digits; `uninitialized` until the first boot of an image has ended. */
export const isMachineId = (id: string): boolean => /^[0-9a-f]{32}$/.test(id) && !isOneDigit(id)

/** Whether this product UUID, in lower case, is the one of many boards. */
export const isPlaceholderUuid = (uuid: string): boolean =>
  PLACEHOLDER_UUIDS.includes(uuid) || isOneDigit(uuid.replaceAll('-', ''))

export const isOneDigit = (hex: string): boolean => new Set(hex).size === 1
