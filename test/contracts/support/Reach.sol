// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Cheats} from "./Cheats.sol";

/// @title Reach: how often each function was tried in which state, and how it ended
/// @notice A handler that does nothing keeps every invariant. So each one counts, for every function and every state that an account
/// can be in, how often the function did its work and how often it was refused, and writes that down at the end of a run; the sums
/// over all runs are printed, and a function that was never reached fails the tests (test/contracts/reach.ts).
abstract contract Reach is Cheats {
    string[] private _functions;
    mapping(string => uint256) private _numbers;
    string[] private _states;
    /// @dev By function and state: how often done, how often refused.
    mapping(uint256 => mapping(uint256 => uint256[2])) private _counts;

    function nameStates(string[] memory names) internal {
        for (uint256 i = 0; i < names.length; ++i) _states.push(names[i]);
    }

    /// @dev `states` has a bit for each state that held when the function was called; a call counts in each of them.
    function note(string memory name, uint256 states, bool done) internal {
        uint256 number = _numbers[name];
        if (number == 0) {
            _functions.push(name);
            number = _functions.length;
            _numbers[name] = number;
        }
        for (uint256 i = 0; i < _states.length; ++i) {
            if ((states >> i) & 1 == 1) ++_counts[number][i][done ? 0 : 1];
        }
    }

    /// @notice This run's counts, all that are not 0: function, state, done, refused.
    function reached() external view returns (string memory line) {
        for (uint256 f = 0; f < _functions.length; ++f) {
            for (uint256 s = 0; s < _states.length; ++s) {
                uint256[2] memory count = _counts[f + 1][s];
                if (count[0] + count[1] == 0) continue;
                string memory cell = string.concat(_functions[f], ",", _states[s], ",", vm.toString(count[0]));
                line = string.concat(line, cell, ",", vm.toString(count[1]), ";");
            }
        }
    }
}
