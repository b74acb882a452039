/** What the schemas that the console shares with the controller use of node:net. */
const PART = '(25[0-5]|2[0-4]\\d|1?\\d?\\d)'
const IPV4 = new RegExp(`^${PART}(\\.${PART}){3}$`)

export const isIPv4 = (text: string): boolean => IPV4.test(text)

/** Whether a URL can have it as its host; without a zone. */
export const isIPv6 = (text: string): boolean => /^[\da-f:.]+$/i.test(text) && URL.canParse(`http://[${text}]/`)

export const isIP = (text: string): 0 | 4 | 6 => (isIPv4(text) ? 4 : isIPv6(text) ? 6 : 0)
