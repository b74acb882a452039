import { homedir } from 'node:os'

/** Of the user. `/` for one that has none, such as the user of a service with DynamicUser. */
export function homeDirectory(): string {
  try {
    return homedir()
  } catch {
    return '/'
  }
}
