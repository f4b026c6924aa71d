/**
 * Where a contract can be changed in one place, and how: from its syntax tree. What the change is called does not depend on line
 * numbers, so an explanation keeps its mutant while the file grows around it.
 */
import * as Compile from '../solidity/Compile.ts'
import { type Change, changesOf, endOf, type Node, startOf } from './Operators.ts'

export interface Mutant {
  /** `contracts/…` */
  readonly file: string
  readonly line: number
  /** `Contract.function: before → after`, with `#n` where a function has it more than once. */
  readonly key: string
  readonly before: string
  readonly after: string
  /** See Change. */
  readonly branch: boolean
  /** The function, or whatever else it is in, with the change in it. */
  readonly changed: string
  /** The whole file with the change in it. */
  readonly content: string
}

/** All mutants of the files, in the order of their text. */
export const mutantsOf = (files: readonly string[]): Mutant[] => {
  const sources = Compile.collect(files)
  const selection = Object.fromEntries(files.map((file) => [file, { '': ['ast'] }]))
  const output = Compile.compile(sources, { evmVersion: 'osaka' }, selection)
  return files.flatMap((file) =>
    mutantsIn(file, output.sources?.[file]?.ast as Node, Buffer.from(sources[file]?.content ?? '')),
  )
}

const mutantsIn = (file: string, tree: Node, bytes: Buffer): Mutant[] => {
  const places = placesOf(tree, '', '', tree, bytes)
  places.sort((one, other) => one.start - other.start || one.end - other.end)
  const seen = new Map<string, number>()
  return places.map(({ where, within, start, end, after, branch }) => {
    const before = bytes.toString('utf8', start, end)
    const name = `${where}: ${tidied(before)} → ${after === '' ? 'nothing' : tidied(after)}`
    const count = (seen.get(name) ?? 0) + 1
    seen.set(name, count)
    return {
      file,
      line: bytes.toString('utf8', 0, start).split('\n').length,
      key: count === 1 ? name : `${name} #${count}`,
      before: tidied(before),
      after: after === '' ? 'nothing' : tidied(after),
      branch: branch === true,
      changed: bytes.toString('utf8', startOf(within), start) + after + bytes.toString('utf8', end, endOf(within)),
      content: bytes.toString('utf8', 0, start) + after + bytes.toString('utf8', end),
    }
  })
}

interface Place extends Change {
  readonly where: string
  readonly within: Node
}

/** Walks the tree and knows in which contract and function it is. */
const placesOf = (node: Node, contract: string, member: string, within: Node, bytes: Buffer): Place[] => {
  const inContract = node.nodeType === 'ContractDefinition' ? (node.name ?? '') : contract
  const inMember = memberOf(node) ?? member
  const where = inMember === '' ? inContract : `${inContract}.${inMember}`
  const inNode = memberOf(node) === undefined ? within : node
  const own = changesOf(node, bytes).map((change) => ({ where, within: inNode, ...change }))
  return [...own, ...childrenOf(node).flatMap((child) => placesOf(child, inContract, inMember, inNode, bytes))]
}

const memberOf = ({ nodeType, name, kind, stateVariable }: Node): string | undefined => {
  if (nodeType === 'FunctionDefinition') return kind === 'constructor' ? 'constructor' : name
  if (nodeType === 'ModifierDefinition' || (nodeType === 'VariableDeclaration' && stateVariable)) return name
  return undefined
}

const childrenOf = (node: Node): Node[] =>
  Object.values(node)
    .flat()
    .filter((value): value is Node => typeof value === 'object' && value !== null && 'nodeType' in value)

const tidied = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()
