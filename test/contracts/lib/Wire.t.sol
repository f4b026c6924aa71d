// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Wire} from "../../../contracts/lib/Wire.sol";
import {BatchBuilder} from "../support/BatchBuilder.sol";
import {Cheats} from "../support/Cheats.sol";

contract WireTest is Cheats {
    function number(bytes calldata data, uint256 offset, uint256 width) external pure returns (uint256) {
        return Wire.number(Wire.start(data) + offset, width);
    }

    function word(bytes calldata data, uint256 offset) external pure returns (bytes32) {
        return Wire.word(Wire.start(data) + offset);
    }

    function addressAt(bytes calldata data, uint256 offset) external pure returns (address) {
        return Wire.addressAt(Wire.start(data) + offset);
    }

    function testFuzz_NumbersOfEveryWidth(uint256 value, uint256 width, bytes calldata before, bytes calldata behind)
        external
        view
    {
        width = within(width, 0, 32);
        if (width < 32) value &= (uint256(1) << (8 * width)) - 1;
        bytes memory data = abi.encodePacked(before, BatchBuilder.number(value, width), behind);
        vm.assertEq(this.number(data, before.length, width), value, "number");
    }

    function testFuzz_WordsAndAddresses(bytes32 value, address account, bytes calldata before, bytes calldata behind)
        external
        view
    {
        bytes memory data = abi.encodePacked(before, value, account, behind);
        vm.assertEq(this.word(data, before.length), value, "word");
        vm.assertEq(this.addressAt(data, before.length + 32), account, "address");
    }
}
