/** The port of every API server. */
export const API_PORT = 6443
