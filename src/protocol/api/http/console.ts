import type { Route } from '../route.ts'

export const CONSOLE_PATH = '/console/'

/** The web console: a page, its scripts and its styles. What it shows comes from the other routes. */
export const consoleRoutes = {
  openController: {
    method: 'GET',
    path: '/',
    access: ['anyone'],
    summary: 'Sends a browser to the web console',
    answer: 'console',
    errors: [],
  },
  openConsole: {
    method: 'GET',
    path: '/console',
    access: ['anyone'],
    summary: 'Sends a browser to the web console',
    answer: 'console',
    errors: [],
  },
  fetchConsoleFile: {
    method: 'GET',
    path: '/console/{+path}',
    access: ['anyone'],
    summary: 'Sends a file of the web console; its page also for any other path without a dot in the last segment',
    answer: 'console',
    errors: [],
  },
} as const satisfies Record<string, Route>
