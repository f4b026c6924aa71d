// Loaded before a process's own code: its wall clock is wrong by what CLOCK_SHIFTS lists, the next one with each SIGUSR2. The monotonic clock is right.
const shifts = (process.env['CLOCK_SHIFTS'] ?? '').split(',').filter(Boolean).map(Number)
const now = Date.now
let shiftMs = 0

Date.now = () => now() + shiftMs

process.on('SIGUSR2', () => {
  shiftMs = shifts.shift() ?? 0
})
