/** As the controller wants them; it checks again. */
export const SHORTEST_PASSWORD = 12
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

export const isName = (text: string): boolean => NAME.test(text)
export const NAME_RULE = 'Small letters, digits and hyphens, at most 63'
export const PASSWORD_RULE = `At least ${SHORTEST_PASSWORD} characters`
export const isPassword = (text: string): boolean => text.length >= SHORTEST_PASSWORD
