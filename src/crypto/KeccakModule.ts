/**
 * keccak-256 as a WebAssembly module of 2 KB, written out here instruction by instruction: state and scratch words are local variables, and
 * messages are hashed where they lie in its memory. Libraries copy each message in and out and take three calls for it, which for messages of
 * one block costs twice what hashing does. `test/src/crypto/Keccak.test.ts` holds it against other implementations.
 *
 * Its memory: the round constants, one block for the padded end of a message, then whatever its user puts there.
 */

/** Bytes at the start of the memory that are the module's own. */
export const ownBytes = 512

const blockBytes = 136
const roundConstantsAt = 0
const lastBlockAt = 192

type Code = readonly number[]

/** A number as LEB128; signed, as constants are. */
const leb = (value: bigint): number[] => {
  const bytes: number[] = []
  for (let rest = value; ; ) {
    const low = Number(rest & 0x7fn)
    rest >>= 7n
    const isEnd = (rest === 0n && low < 0x40) || (rest === -1n && low >= 0x40)
    bytes.push(isEnd ? low : low | 0x80)
    if (isEnd) return bytes
  }
}
/** The same unsigned, as indices and lengths are. */
const index = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...index(value >>> 7)])

const get = (local: number): Code => [0x20, ...index(local)]
const set = (local: number): Code => [0x21, ...index(local)]
const tee = (local: number): Code => [0x22, ...index(local)]
const i32 = (value: number): Code => [0x41, ...leb(BigInt(value))]
const i64 = (value: bigint): Code => [0x42, ...leb(value)]
const load64 = (offset: number): Code => [0x29, 3, ...index(offset)]
const store64 = (offset: number): Code => [0x37, 3, ...index(offset)]
const [load8, store8] = [
  [0x2d, 0, 0],
  [0x3a, 0, 0],
]
const [add32, sub32, or32, isBelow32, isZero32] = [[0x6a], [0x6b], [0x72], [0x49], [0x45]]
const [and64, or64, xor64, rotate64] = [[0x83], [0x84], [0x85], [0x89]]
const [fill, copy] = [
  [0xfc, 11, 0],
  [0xfc, 10, 0, 0],
]
const [loop, when, otherwise, end] = [[0x03, 0x40], [0x04, 0x40], [0x05], [0x0b]]
const branch = (depth: number): Code => [0x0c, depth]
const branchIf = (depth: number): Code => [0x0d, depth]

/** Locals: the function's parameters, then 64-bit words, then one more address. */
const [from, length, to, round] = [0, 1, 2, 3]
const [state, next, parity, change, row] = [4, 29, 54, 59, 64]
const words = 65
const block = 69

/** How far each lane is turned, and from where in the state the lanes of a row come (Keccak's ρ and π). */
const turns = new Array<number>(25).fill(0)
for (let [x, y, t] = [1, 0, 0]; t < 24; [x, y, t] = [y, (2 * x + 3 * y) % 5, t + 1])
  turns[x + 5 * y] = (((t + 1) * (t + 2)) / 2) % 64
const sourceOf = (x: number, y: number): number => ((x + 3 * y) % 5) + 5 * x

/**
 * Some lanes are kept inverted, so that χ needs eight inversions a round and not 25: from these lanes on, every round gives them inverted again
 * if it joins neighbours as `joins` says ("Keccak implementation overview", section 2.2, lane complementing).
 */
const inverted = [1, 2, 8, 12, 17, 20]

/**
 * By row, for each lane x: how the two lanes behind it are joined before they are added to it. A bar: by `or`, else by `and`; 1, 2: the first or
 * the second of them inverted; 0: the lane itself.
 */
const joins = ['| 1| & | &', '| & 2| | &', '| & 1& 0| &', '& | 1| 0& |', '1& 0| & | &'].map((row) => row.split(' '))

/** One round, from 25 locals to 25 others. */
const roundOf = (a: number, e: number, constant: number): Code => {
  const five = [0, 1, 2, 3, 4]
  const lane = (i: number): Code => {
    const turn = turns[i] as number
    return [
      ...get(a + i),
      ...get(change + (i % 5)),
      ...xor64,
      ...(turn === 0 ? [] : [...i64(BigInt(turn)), ...rotate64]),
    ]
  }
  const not = (isIt: boolean): Code => (isIt ? [...i64(-1n), ...xor64] : [])
  const chi = (x: number, y: number): Code => {
    const join = joins[y]?.[x] as string
    return [
      ...[...get(row + ((x + 1) % 5)), ...not(join.includes('1'))],
      ...[...get(row + ((x + 2) % 5)), ...not(join.includes('2'))],
      ...[...(join.includes('|') ? or64 : and64), ...get(row + x), ...not(join.includes('0')), ...xor64],
    ]
  }
  const iota: Code = [...get(round), ...load64(constant), ...xor64]
  return [
    ...five.flatMap((x) => [
      ...five.flatMap((y) => [...get(a + x + 5 * y), ...(y === 0 ? [] : xor64)]),
      ...set(parity + x),
    ]),
    ...five.flatMap((x) => [
      ...[...get(parity + ((x + 4) % 5)), ...get(parity + ((x + 1) % 5)), ...i64(1n), ...rotate64, ...xor64],
      ...set(change + x),
    ]),
    ...five.flatMap((y) => [
      ...five.flatMap((x) => [...lane(sourceOf(x, y)), ...set(row + x)]),
      ...five.flatMap((x) => [...chi(x, y), ...(x + y === 0 ? iota : []), ...set(e + x + 5 * y)]),
    ]),
  ]
}

/** Twenty-four rounds, two at a time. */
const permute: Code = [
  ...[...i32(0), ...set(round), ...loop],
  ...roundOf(state, next, roundConstantsAt),
  ...roundOf(next, state, roundConstantsAt + 8),
  ...[...get(round), ...i32(16), ...add32, ...tee(round), ...i32(192), ...isBelow32, ...branchIf(0), ...end],
]

/** The last block is what is left of the message, 0x01, zeros, and 0x80 in its last byte. */
const pad: Code = [
  ...[...i32(lastBlockAt), ...i32(0), ...i32(blockBytes), ...fill],
  ...[...i32(lastBlockAt), ...get(from), ...get(length), ...copy],
  ...[...i32(lastBlockAt), ...get(length), ...add32, ...i32(1), ...store8],
  ...[...i32(lastBlockAt + blockBytes - 1), ...i32(lastBlockAt + blockBytes - 1), ...load8],
  ...[...i32(0x80), ...or32, ...store8],
  ...[...i32(lastBlockAt), ...set(block)],
]

const absorb: Code = Array.from(
  { length: blockBytes / 8 },
  (_, i): Code => [...[...get(state + i), ...get(block), ...load64(8 * i), ...xor64, ...set(state + i)]],
).flat()

/** hash(from, length, to) */
const body: Code = [
  ...inverted.flatMap((lane) => [...i64(-1n), ...set(state + lane)]),
  ...loop,
  ...[...get(length), ...i32(blockBytes), ...isBelow32, ...when, ...pad],
  ...[...otherwise, ...get(from), ...set(block), ...end],
  ...absorb,
  ...permute,
  ...[...get(length), ...i32(blockBytes), ...isBelow32, ...isZero32, ...when],
  ...[...get(from), ...i32(blockBytes), ...add32, ...set(from)],
  ...[...get(length), ...i32(blockBytes), ...sub32, ...set(length)],
  ...[...branch(1), ...end, ...end],
  ...[0, 1, 2, 3].flatMap((i) => [
    ...[...get(to), ...get(state + i)],
    ...[...(inverted.includes(i) ? [...i64(-1n), ...xor64] : []), ...store64(8 * i)],
  ]),
]

/** The round constants, from the standard's shift register. */
const constants = (): Code => {
  const bytes = new DataView(new ArrayBuffer(192))
  let register = 1
  for (let i = 0; i < 24; i++) {
    let constant = 0n
    for (let j = 0n; j < 7n; j++) {
      register = ((register << 1) ^ ((register >> 7) * 0x71)) % 256
      if ((register & 2) !== 0) constant ^= 1n << ((1n << j) - 1n)
    }
    bytes.setBigUint64(8 * i, constant, true)
  }
  return [...new Uint8Array(bytes.buffer)]
}

const list = (items: readonly Code[]): Code => [...index(items.length), ...items.flat()]
const section = (id: number, content: Code): Code => [id, ...index(content.length), ...content]
const text = (value: string): Code => [...index(value.length), ...new TextEncoder().encode(value)]
const [typeI32, typeI64, typeFunction] = [0x7f, 0x7e, 0x60]

const assemble = (pages: number): Uint8Array<ArrayBuffer> => {
  const locals = list([
    [1, typeI32],
    [...index(words), typeI64],
    [1, typeI32],
  ])
  const code = [...locals, ...body, ...end]
  const data = constants()
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list([[typeFunction, ...list([[typeI32], [typeI32], [typeI32]]), 0]])),
    ...section(3, list([[0]])),
    ...section(5, list([[0, ...index(pages)]])),
    ...section(
      7,
      list([
        [...text('memory'), 2, 0],
        [...text('hash'), 0, 0],
      ]),
    ),
    ...section(10, list([[...index(code.length), ...code]])),
    ...section(11, list([[0, ...i32(roundConstantsAt), ...end, ...index(data.length), ...data]])),
  ])
}

export interface Module {
  readonly memory: { readonly buffer: ArrayBuffer }
  /** Hashes so many bytes at a place of the memory, and writes 32 bytes to another; they may overlap. */
  hash(from: number, length: number, to: number): void
}

/** What is used of the platform's own. */
interface Platform {
  readonly WebAssembly: {
    readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object
    readonly Instance: new (module: object) => { readonly exports: unknown }
  }
}

const pageBytes = 1 << 16

/** @param room bytes that its user needs behind the module's own */
export const create = (room: number): Module => {
  const { WebAssembly } = globalThis as unknown as Platform
  const module = new WebAssembly.Module(assemble(Math.ceil((ownBytes + room) / pageBytes)))
  return new WebAssembly.Instance(module).exports as Module
}
