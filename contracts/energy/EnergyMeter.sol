// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IClearingHouse} from "../clearing/IClearingHouse.sol";
import {Signature} from "../lib/Signature.sol";
import {Wire} from "../lib/Wire.sol";
import {DeviceSlot, DeviceSlotLibrary} from "./DeviceSlot.sol";
import {EnergyCredit} from "./EnergyCredit.sol";
import {IEnergyMeter} from "./IEnergyMeter.sol";
import {OwnerSlot, OwnerSlotLibrary} from "./OwnerSlot.sol";

/// @title EnergyMeter: signed readings become credits, or retire them
/// @notice What each function does stands in IEnergyMeter. What is kept here:
///
///   credits in existence = produced − consumed + owed                                                    (I9)
///   no device mints a watt-hour twice, nor any beyond its capacity × time                                (I10)
///
/// A reading touches one storage slot of its device. What belongs to its owner is touched once for each run of neighbouring
/// readings of one owner, so a fleet costs little more than its signatures. New credits are minted in one call and the totals written
/// once for each batch.
contract EnergyMeter is IEnergyMeter, AccessControl, EIP712 {
    // ------------------------------------------------------------ constants

    bytes32 public constant ISSUER_ROLE = keccak256("ISSUER_ROLE");

    bytes32 private constant READING_TYPEHASH =
        keccak256("Reading(address meter,uint64 timestamp,uint128 energyMilliWh,uint128 computeUnits,bytes32 detail)");
    bytes32 private constant APPROVAL_TYPEHASH = keccak256(
        "Approval(address meter,address owner,uint8 kind,uint64 capacityWatts,uint16 marginBps,"
        "uint128 startMilliWh,uint128 startComputeUnits,bytes32 region,bytes32 vintage)"
    );
    bytes32 private constant DELIVERY_TYPEHASH =
        keccak256("Delivery(address owner,bool toClearing,address accountOwner,uint64 nonce)");

    uint8 private constant PRODUCER = 1;
    uint8 private constant CONSUMER = 2;
    uint256 private constant UNKNOWN = 0;
    uint256 private constant APPROVED = 1;
    uint256 private constant REVOKED = 2;

    uint8 private constant BATCH_VERSION = 1;
    /// @dev flags (1), count (2)
    uint256 private constant SECTION_HEADER_LENGTH = 3;
    /// @dev meter (20), timestamp (5), energy (9), compute (9), detail (32)
    uint256 private constant READING_LENGTH = 75;
    uint256 private constant SIGNATURE_LENGTH = 64;
    uint256 private constant P256_SIGNATURE_LENGTH = 128;

    uint16 private constant FULL_BPS = 10_000;
    /// @dev 1 mWh is 3.6 joules, and a device's limit is in watts × basis points: 3.6 × 10 000.
    uint256 private constant LIMIT_SECONDS_PER_MILLI_WH = 36_000;
    uint256 private constant MAX_TOTAL = DeviceSlotLibrary.MAX_TOTAL;

    // ---------------------------------------------------------------- state

    /// @dev What was approved and is only read again for views.
    struct Nameplate {
        uint64 capacityWatts;
        uint16 marginBps;
    }

    struct Delivery {
        address accountOwner;
        uint64 nonce;
    }

    /// @dev A reading as it was signed; six words, in EIP-712's order.
    struct Reading {
        bytes32 typeHash;
        address meter;
        uint256 timestamp;
        uint256 energyMilliWh;
        uint256 computeUnits;
        bytes32 detail;
    }

    /// @dev A batch while it is read. First its run, neighbouring readings of one owner (owner number 0 is nobody: the run is empty);
    /// then what all runs before have come to, and the first `minting` entries of `mints`, which are still to be minted. No sum comes near the width of a word: a
    /// batch has some thousand readings, each below 2^64.
    struct Tally {
        uint256 ownerNumber;
        uint256 runProducedMilliWh;
        uint256 runConsumedMilliWh;
        uint256 producedMilliWh;
        uint256 consumedMilliWh;
        uint256 readings;
        uint256 refused;
        uint256[] mints;
        uint256 minting;
    }

    EnergyCredit private immutable _credit;
    IClearingHouse private immutable _clearingHouse;

    mapping(address meter => DeviceSlot) private _devices;
    mapping(address meter => Nameplate) private _nameplates;
    /// @dev Numbers begin at 1.
    uint32 private _ownerCount;
    mapping(address owner => uint32) private _ownerNumbers;
    mapping(uint256 ownerNumber => OwnerSlot) private _owners;
    mapping(address owner => Delivery) private _deliveries;

    uint128 private _producedMilliWh;
    uint128 private _consumedMilliWh;
    uint256 private _owedMilliWh;

    // ---------------------------------------------------------- constructor

    /// @dev The clearing house must be a contract: calling what has no code could not be caught, and would hold up a batch (I8). It
    /// is allowed to take credits from here without end, because this contract holds none but those that it is just delivering.
    constructor(address clearingHouse_, address issuer) EIP712("Sunledger", "1") {
        require(issuer != address(0), EnergyMeter_ZeroAddress());
        require(clearingHouse_.code.length > 0, EnergyMeter_NoContract(clearingHouse_));
        _clearingHouse = IClearingHouse(clearingHouse_);
        _credit = new EnergyCredit();
        _credit.approve(clearingHouse_, type(uint256).max);
        _grantRole(DEFAULT_ADMIN_ROLE, issuer);
        _grantRole(ISSUER_ROLE, issuer);
    }

    // --------------------------------------------------------------- meters

    /// @inheritdoc IEnergyMeter
    /// @dev The owner's signature needs no nonce: a device is approved once, ever.
    function approve(Approval calldata approval, bytes calldata signature) external onlyRole(ISSUER_ROLE) {
        require(approval.meter != address(0) && approval.owner != address(0), EnergyMeter_ZeroAddress());
        require(approval.owner != address(_clearingHouse), EnergyMeter_OwnerIsClearingHouse(address(_clearingHouse)));
        require(approval.kind == PRODUCER || approval.kind == CONSUMER, EnergyMeter_BadKind(approval.kind));
        require(approval.marginBps <= FULL_BPS, EnergyMeter_BadMargin(FULL_BPS, approval.marginBps));
        uint256 limit = uint256(approval.capacityWatts) * (FULL_BPS + approval.marginBps);
        require(limit > 0 && limit <= DeviceSlotLibrary.MAX_LIMIT, EnergyMeter_BadCapacity(approval.capacityWatts));
        require(approval.startMilliWh <= MAX_TOTAL, EnergyMeter_TotalTooLarge(MAX_TOTAL, approval.startMilliWh));
        require(approval.startComputeUnits <= MAX_TOTAL, EnergyMeter_TotalTooLarge(MAX_TOTAL, approval.startComputeUnits));
        require(_devices[approval.meter].state() == UNKNOWN, EnergyMeter_MeterKnown(approval.meter));
        // abi.encode of the type hash and a struct of static fields is exactly EIP-712's encoding of that struct.
        _checkSigner(approval.owner, keccak256(abi.encode(APPROVAL_TYPEHASH, approval)), signature);

        _devices[approval.meter] = DeviceSlotLibrary.pack({
            state_: APPROVED,
            kind_: approval.kind,
            ownerNumber_: _numberFor(approval.owner),
            limit_: limit,
            timestamp_: block.timestamp,
            energyMilliWh_: approval.startMilliWh,
            computeUnits_: approval.startComputeUnits
        });
        _nameplates[approval.meter] = Nameplate(approval.capacityWatts, approval.marginBps);
        emit MeterApproved(
            approval.meter,
            approval.owner,
            approval.kind,
            approval.capacityWatts,
            approval.marginBps,
            approval.startMilliWh,
            approval.region,
            approval.vintage
        );
    }

    /// @inheritdoc IEnergyMeter
    function revoke(address meter) external onlyRole(ISSUER_ROLE) {
        DeviceSlot device = _devices[meter];
        require(device.state() == APPROVED, EnergyMeter_NotApproved(meter));
        _devices[meter] = device.withState(REVOKED);
        emit MeterRevoked(meter);
    }

    // ------------------------------------------------------------- delivery

    /// @inheritdoc IEnergyMeter
    function chooseDelivery(bool toClearing, address accountOwner) external {
        _chooseDelivery(msg.sender, toClearing, accountOwner);
    }

    /// @inheritdoc IEnergyMeter
    function chooseDeliveryWithSignature(address owner, bool toClearing, address accountOwner, bytes calldata signature)
        external
    {
        uint64 nonce = _deliveries[owner].nonce;
        _checkSigner(owner, keccak256(abi.encode(DELIVERY_TYPEHASH, owner, toClearing, accountOwner, nonce)), signature);
        _chooseDelivery(owner, toClearing, accountOwner);
    }

    /// @dev The nonce rises either way, so what an owner chose last stands, and an older signature cannot bring an older choice
    /// back.
    function _chooseDelivery(address owner, bool toClearing, address accountOwner) private {
        uint256 number = _numberFor(owner);
        _owners[number] = _owners[number].withDelivery(toClearing);
        _deliveries[owner] = Delivery(accountOwner, _deliveries[owner].nonce + 1);
        emit DeliveryChosen(owner, toClearing, accountOwner);
    }

    // ------------------------------------------------------------- readings

    /// @inheritdoc IEnergyMeter
    function submit(bytes calldata batch) external returns (uint256 accepted) {
        require(batch.length > 0, EnergyMeter_BatchMalformed(1, 0));
        require(uint8(batch[0]) == BATCH_VERSION, EnergyMeter_BatchVersion(BATCH_VERSION, uint8(batch[0])));
        bytes32 domain = _domainSeparatorV4();
        Tally memory tally;
        tally.mints = new uint256[](batch.length / (READING_LENGTH + SIGNATURE_LENGTH));
        uint256 position = 1;
        while (position < batch.length) {
            (bool p256, uint256 end) = _readHeader(batch, position);
            _takeSection(domain, p256, Wire.start(batch) + position + SECTION_HEADER_LENGTH, Wire.start(batch) + end, tally);
            position = end;
        }
        _closeRun(tally);
        _mint(tally);
        accepted = tally.readings - tally.refused;
        _producedMilliWh += uint128(tally.producedMilliWh);
        _consumedMilliWh += uint128(tally.consumedMilliWh);
        emit Submitted(accepted, tally.refused, tally.producedMilliWh, tally.consumedMilliWh);
    }

    /// @dev The whole section must lie within the batch; after this check its readings are read without another. An unknown flag
    /// means that the batch should have ended before this section.
    function _readHeader(bytes calldata batch, uint256 position) private pure returns (bool p256, uint256 end) {
        end = position + SECTION_HEADER_LENGTH;
        require(end <= batch.length, EnergyMeter_BatchMalformed(end, batch.length));
        uint256 flags = uint8(batch[position]);
        require(flags <= 1, EnergyMeter_BatchMalformed(position, batch.length));
        p256 = flags == 1;
        end += uint16(bytes2(batch[position + 1:position + 3])) * _readingLength(p256);
        require(end <= batch.length, EnergyMeter_BatchMalformed(end, batch.length));
    }

    /// @dev Bytes of a reading with its signature.
    function _readingLength(bool p256) private pure returns (uint256) {
        return READING_LENGTH + (p256 ? P256_SIGNATURE_LENGTH : SIGNATURE_LENGTH);
    }

    /// @dev Takes the readings that lie from `cursor` to `end`.
    function _takeSection(bytes32 domain, bool p256, uint256 cursor, uint256 end, Tally memory tally) private {
        unchecked {
            uint256 length = _readingLength(p256);
            tally.readings += (end - cursor) / length;
            Reading memory reading;
            reading.typeHash = READING_TYPEHASH;
            for (; cursor < end; cursor += length) {
                reading.meter = Wire.addressAt(cursor);
                reading.timestamp = Wire.number(cursor + 20, 5);
                reading.energyMilliWh = Wire.number(cursor + 25, 9);
                reading.computeUnits = Wire.number(cursor + 34, 9);
                reading.detail = Wire.word(cursor + 43);
                address signer = _readSigner(_digest(domain, reading), cursor + READING_LENGTH, p256);
                _takeReading(reading, signer, tally);
            }
        }
    }

    function _takeReading(Reading memory reading, address signer, Tally memory tally) private {
        unchecked {
            DeviceSlot device = _devices[reading.meter];
            (Refusal refusal, uint256 milliWh) = _judge(device, reading, signer);
            if (refusal != Refusal.None) {
                ++tally.refused;
                emit ReadingRefused(reading.meter, uint64(reading.timestamp), refusal);
                return;
            }
            uint256 total = device.energyMilliWh() + milliWh;
            _devices[reading.meter] = device.withReading(reading.timestamp, total, reading.computeUnits);
            if (total != reading.energyMilliWh) emit ReadingCut(reading.meter, uint64(reading.timestamp), uint128(total));

            if (device.ownerNumber() != tally.ownerNumber) {
                _closeRun(tally);
                tally.ownerNumber = device.ownerNumber();
            }
            if (device.kind() == PRODUCER) tally.runProducedMilliWh += milliWh;
            else tally.runConsumedMilliWh += milliWh;
        }
    }

    /// @dev Whether a reading counts, and for how much energy. What a reading says is only judged once its device is known to have
    /// said it. A producer's reading above its capacity is refused whole; a consumer's counts up to it, because what was used and
    /// is not counted now comes with the next reading's total. Rounded down.
    function _judge(DeviceSlot device, Reading memory reading, address signer)
        private
        view
        returns (Refusal, uint256 milliWh)
    {
        if (device.state() != APPROVED) {
            return (device.state() == UNKNOWN ? Refusal.UnknownMeter : Refusal.RevokedMeter, 0);
        }
        if (signer != reading.meter) return (Refusal.WrongSignature, 0);
        if (reading.timestamp <= device.timestamp()) return (Refusal.TimeNotRising, 0);
        if (reading.timestamp > block.timestamp) return (Refusal.TimeInFuture, 0);
        if (reading.energyMilliWh < device.energyMilliWh()) return (Refusal.EnergyFalls, 0);
        if (reading.computeUnits < device.computeUnits()) return (Refusal.ComputeFalls, 0);
        if ((reading.energyMilliWh | reading.computeUnits) > MAX_TOTAL) return (Refusal.TotalTooLarge, 0);
        unchecked {
            // Neither difference falls below 0 any more, and 48 bits times 40 fit.
            milliWh = reading.energyMilliWh - device.energyMilliWh();
            uint256 most = (device.limit() * (reading.timestamp - device.timestamp())) / LIMIT_SECONDS_PER_MILLI_WH;
            if (milliWh <= most) return (Refusal.None, milliWh);
            return device.kind() == PRODUCER ? (Refusal.AboveCapacity, 0) : (Refusal.None, most);
        }
    }

    function _readSigner(bytes32 digest, uint256 cursor, bool p256) private view returns (address) {
        return p256
            ? Signature.recoverP256(
                digest, Wire.word(cursor), Wire.word(cursor + 32), Wire.word(cursor + 64), Wire.word(cursor + 96)
            )
            : Signature.recoverCompact(digest, Wire.word(cursor), Wire.word(cursor + 32));
    }

    /// @dev Settles a run with its owner and empties it. Mostly it is new credits for a wallet that owes nothing.
    function _closeRun(Tally memory tally) private {
        unchecked {
            if (tally.ownerNumber == 0) return;
            OwnerSlot owner = _owners[tally.ownerNumber];
            uint256 produced = tally.runProducedMilliWh;
            if (tally.runConsumedMilliWh > 0 || !owner.isPlain()) _settleRun(tally, owner);
            else if (produced > 0) _addMint(tally, owner.account(), produced);
            tally.producedMilliWh += produced;
            tally.consumedMilliWh += tally.runConsumedMilliWh;
            (tally.ownerNumber, tally.runProducedMilliWh, tally.runConsumedMilliWh) = (0, 0, 0);
        }
    }

    /// @dev Consumption first, from the owner's wallet, so that its own production of the same run pays down what is left; only the
    /// rest is new credits.
    function _settleRun(Tally memory tally, OwnerSlot owner) private {
        address account = owner.account();
        uint256 owed = owner.owedMilliWh();
        uint256 consumed = tally.runConsumedMilliWh;
        uint256 produced = tally.runProducedMilliWh;
        if (consumed > 0) {
            // What earlier runs brought the wallet must be there to retire.
            _mint(tally);
            owed += consumed;
            uint256 retired = _credit.retire(account, owed);
            owed -= retired;
            emit Consumed(account, consumed, retired, owed);
        }
        uint256 paidDown = produced < owed ? produced : owed;
        _storeOwed(tally.ownerNumber, owner, owed - paidDown);
        uint256 minted = produced - paidDown;
        bool toClearing = minted > 0 && owner.toClearing() && _deliver(account, minted);
        if (minted > 0 && !toClearing) _addMint(tally, account, minted);
        if (paidDown > 0 || toClearing) emit Produced(account, produced, paidDown, minted, toClearing);
    }

    /// @dev Mints into the owner's clearing-house account. Where that deposit fails, for whatever reason, it takes the credits back
    /// and says so, and the wallet receives: a wrong choice of one owner holds up nobody (I8).
    function _deliver(address owner, uint256 milliWh) private returns (bool delivered) {
        _credit.mint(address(this), milliWh);
        try _clearingHouse.deposit(address(_credit), owner, _deliveries[owner].accountOwner, milliWh) {
            return true;
        } catch {
            _credit.retire(address(this), milliWh);
            return false;
        }
    }

    /// @dev Remembers new credits of a wallet, as EnergyCredit.mintMany takes them. There is room, because each takes a reading.
    function _addMint(Tally memory tally, address to, uint256 milliWh) private pure {
        unchecked {
            tally.mints[tally.minting++] = (uint256(uint160(to)) << 96) | milliWh;
        }
    }

    /// @dev Mints what has been remembered. Only that travels: where owners take turns there are many mints in a batch, and the whole
    /// list with each of them would cost as the square of the batch.
    function _mint(Tally memory tally) private {
        uint256 minting = tally.minting;
        if (minting == 0) return;
        uint256[] memory mints = tally.mints;
        uint256 room = mints.length;
        _setLength(mints, minting);
        _credit.mintMany(mints);
        _setLength(mints, room);
        tally.minting = 0;
    }

    /// @dev A list with less in it than there is room for. The caller keeps it within that.
    function _setLength(uint256[] memory list, uint256 length) private pure {
        assembly ("memory-safe") {
            mstore(list, length)
        }
    }

    /// @inheritdoc IEnergyMeter
    function retire(address owner) external returns (uint256 retired) {
        uint256 number = _ownerNumbers[owner];
        if (number == 0) return 0;
        OwnerSlot state = _owners[number];
        if (state.owedMilliWh() == 0) return 0;
        retired = _credit.retire(owner, state.owedMilliWh());
        if (retired == 0) return 0;
        uint256 owed = state.owedMilliWh() - retired;
        _storeOwed(number, state, owed);
        emit Retired(owner, retired, owed);
    }

    function _storeOwed(uint256 number, OwnerSlot owner, uint256 owed) private {
        if (owed == owner.owedMilliWh()) return;
        _owedMilliWh = _owedMilliWh + owed - owner.owedMilliWh();
        _owners[number] = owner.withOwed(owed);
    }

    // -------------------------------------------------------------- helpers

    function _numberFor(address owner) private returns (uint32 number) {
        number = _ownerNumbers[owner];
        if (number != 0) return number;
        number = ++_ownerCount;
        _ownerNumbers[owner] = number;
        _owners[number] = OwnerSlotLibrary.from(owner);
    }

    /// @dev Signer 0 is refused even where it is expected: nobody signs for an owner 0.
    function _checkSigner(address expected, bytes32 message, bytes calldata signature) private view {
        address signer = Signature.recover(_hashTypedDataV4(message), signature);
        require(signer != address(0) && signer == expected, EnergyMeter_WrongSigner(expected, signer));
    }

    /// @dev A reading in memory is the very encoding that EIP-712 hashes.
    function _digest(bytes32 domain, Reading memory reading) private pure returns (bytes32) {
        bytes32 structHash;
        assembly ("memory-safe") {
            structHash := keccak256(reading, 0xc0)
        }
        return MessageHashUtils.toTypedDataHash(domain, structHash);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IEnergyMeter
    // solhint-disable-next-line func-name-mixedcase
    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @inheritdoc IEnergyMeter
    function credit() external view returns (address) {
        return address(_credit);
    }

    /// @inheritdoc IEnergyMeter
    function clearingHouse() external view returns (address) {
        return address(_clearingHouse);
    }

    /// @inheritdoc IEnergyMeter
    function meterOf(address meter) external view returns (Meter memory) {
        DeviceSlot device = _devices[meter];
        Nameplate memory nameplate = _nameplates[meter];
        return Meter({
            owner: _owners[device.ownerNumber()].account(),
            kind: uint8(device.kind()),
            state: uint8(device.state()),
            capacityWatts: nameplate.capacityWatts,
            marginBps: nameplate.marginBps,
            timestamp: uint64(device.timestamp()),
            energyMilliWh: uint128(device.energyMilliWh()),
            computeUnits: uint128(device.computeUnits())
        });
    }

    /// @inheritdoc IEnergyMeter
    function owedOf(address owner) external view returns (uint256 milliWh) {
        return _owners[_ownerNumbers[owner]].owedMilliWh();
    }

    /// @inheritdoc IEnergyMeter
    function deliveryOf(address owner) external view returns (bool toClearing, address accountOwner) {
        return (_owners[_ownerNumbers[owner]].toClearing(), _deliveries[owner].accountOwner);
    }

    /// @inheritdoc IEnergyMeter
    function deliveryNonceOf(address owner) external view returns (uint64) {
        return _deliveries[owner].nonce;
    }

    /// @inheritdoc IEnergyMeter
    function totals()
        external
        view
        returns (uint256 producedMilliWh, uint256 consumedMilliWh, uint256 owedMilliWh)
    {
        return (_producedMilliWh, _consumedMilliWh, _owedMilliWh);
    }

    /// @inheritdoc IEnergyMeter
    function hashReading(address meter, uint64 timestamp, uint128 energyMilliWh, uint128 computeUnits, bytes32 detail)
        external
        view
        returns (bytes32)
    {
        return _digest(
            _domainSeparatorV4(), Reading(READING_TYPEHASH, meter, timestamp, energyMilliWh, computeUnits, detail)
        );
    }
}
