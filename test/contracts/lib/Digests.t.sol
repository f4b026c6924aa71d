// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ClearingHouse} from "../../../contracts/clearing/ClearingHouse.sol";
import {IClearingHouse} from "../../../contracts/clearing/IClearingHouse.sol";
import {EnergyMeter} from "../../../contracts/energy/EnergyMeter.sol";
import {IEnergyMeter} from "../../../contracts/energy/IEnergyMeter.sol";
import {EnergySupport} from "../support/EnergySupport.sol";

/// @title The digests of fixed examples that TypeScript's tests share, as the contracts make them
/// @notice The contracts' code is put where the fixture says that they are, so that their domains are the fixture's. What a
/// contract does not hash for others is hashed as the other tests here sign it.
contract DigestsTest is EnergySupport {
    string private _json;

    function setUp() external {
        setUpEnergy();
        _json = vm.readFile("test/fixtures/digests.json");
        address houseThere = vm.parseJsonAddress(_json, ".clearingHouse");
        address meterThere = vm.parseJsonAddress(_json, ".energyMeter");
        vm.etch(houseThere, address(house).code);
        vm.etch(meterThere, address(meter).code);
        (house, meter) = (ClearingHouse(houseThere), EnergyMeter(meterThere));
    }

    function number(string memory key) private view returns (uint256) {
        return vm.parseJsonUint(_json, key);
    }

    function account(string memory key) private view returns (address) {
        return vm.parseJsonAddress(_json, key);
    }

    function word(string memory key) private view returns (bytes32) {
        return vm.parseJsonBytes32(_json, key);
    }

    function test_Domains() external view {
        vm.assertEq(block.chainid, number(".chainId"), "chain id");
        vm.assertEq(house.DOMAIN_SEPARATOR(), word(".clearingDomain"), "clearing house");
        vm.assertEq(meter.DOMAIN_SEPARATOR(), word(".meterDomain"), "meter");
    }

    function test_Debit() external view {
        vm.assertEq(
            house.hashDebit(account(".debit.asset"), uint80(number(".debit.total")), word(".debit.history")),
            word(".debit.digest"),
            "debit"
        );
    }

    function test_CreditAndRoot() external view {
        IClearingHouse.Credit memory example = IClearingHouse.Credit(
            account(".credit.asset"),
            account(".credit.account"),
            uint80(number(".credit.total")),
            word(".credit.history"),
            word(".credit.debit")
        );
        vm.assertEq(house.hashCredit(example), word(".credit.digest"), "credit");
        vm.assertEq(rootDigest(word(".credits.root")), word(".credits.digest"), "root");
    }

    function test_Withdraw() external {
        asset = account(".withdraw.asset");
        vm.assertEq(
            withdrawDigest(
                account(".withdraw.account"),
                account(".withdraw.to"),
                number(".withdraw.amount"),
                number(".withdraw.nonce"),
                number(".withdraw.deadline")
            ),
            word(".withdraw.digest"),
            "withdraw"
        );
    }

    function test_Exit() external {
        asset = account(".exit.asset");
        vm.assertEq(
            exitDigest(account(".exit.account"), account(".exit.to"), number(".exit.nonce"), number(".exit.deadline")),
            word(".exit.digest"),
            "exit"
        );
    }

    function test_Owner() external view {
        vm.assertEq(
            ownerDigest(account(".owner.account"), account(".owner.owner"), number(".owner.nonce")),
            word(".owner.digest"),
            "owner"
        );
    }

    function test_Reading() external view {
        vm.assertEq(
            meter.hashReading(
                account(".reading.meter"),
                uint64(number(".reading.timestamp")),
                uint128(number(".reading.energyMilliWh")),
                uint128(number(".reading.computeUnits")),
                word(".reading.detail")
            ),
            word(".reading.digest"),
            "reading"
        );
    }

    function test_Approval() external view {
        IEnergyMeter.Approval memory example = IEnergyMeter.Approval(
            account(".approval.meter"),
            account(".approval.owner"),
            uint8(number(".approval.kind")),
            uint64(number(".approval.capacityWatts")),
            uint16(number(".approval.marginBps")),
            uint128(number(".approval.startMilliWh")),
            uint128(number(".approval.startComputeUnits")),
            word(".approval.region"),
            word(".approval.vintage")
        );
        vm.assertEq(approvalDigest(example), word(".approval.digest"), "approval");
    }

    function test_Delivery() external view {
        bool toClearing = vm.parseJsonBool(_json, ".delivery.toClearing");
        vm.assertEq(
            deliveryDigest(
                account(".delivery.owner"), toClearing, account(".delivery.accountOwner"), number(".delivery.nonce")
            ),
            word(".delivery.digest"),
            "delivery"
        );
    }

    function test_DepositNonce() external view {
        vm.assertEq(
            house.depositNonce(account(".deposit.account"), account(".deposit.owner"), word(".deposit.salt")),
            word(".deposit.nonce"),
            "deposit nonce"
        );
    }
}
