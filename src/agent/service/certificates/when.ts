/** `expired`: only what no longer works. `soon`: also what the controller should have renewed by now. */
export type When = 'expired' | 'soon'
