//! The proleptic Gregorian calendar: days since 1970-01-01 and back. Years count 1, 0, -1: there is a year zero.

/// Days from 1970-01-01 to the given date. `month` is 1 to 12; `day` may lie outside the month and is counted on.
pub fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    // A year that starts in March has its leap day last, so that day numbers within it do not depend on leap years.
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let month_from_march = (i64::from(month) + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * DAYS_IN_ERA + day_of_era - DAYS_BEFORE_EPOCH
}

/// Year, month (1 to 12) and day (1 to 31) of a day counted from 1970-01-01.
pub fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let since_march_zero = days + DAYS_BEFORE_EPOCH;
    let era = since_march_zero.div_euclid(DAYS_IN_ERA);
    let day_of_era = since_march_zero.rem_euclid(DAYS_IN_ERA);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month as u32, day as u32)
}

pub fn days_in_month(year: i64, month: u32) -> u32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// After 400 years the calendar repeats.
const DAYS_IN_ERA: i64 = 146_097;
/// From 0000-03-01 to 1970-01-01.
const DAYS_BEFORE_EPOCH: i64 = 719_468;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_days() {
        assert_eq!(days_from_civil(1970, 1, 1), 0);
        assert_eq!(days_from_civil(2000, 3, 1), 11_017);
        assert_eq!(days_from_civil(-1, 1, 1), -719_893);
        assert_eq!(days_from_civil(-44, 3, 15), -735_525);
        assert_eq!(days_from_civil(-5_877_641, 6, 23), i64::from(i32::MIN));
        assert_eq!(days_from_civil(5_881_580, 7, 11), i64::from(i32::MAX));
    }

    proptest! {
        #[test]
        fn days_and_dates_agree(days in any::<i32>()) {
            let (year, month, day) = civil_from_days(days.into());
            prop_assert!((1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day));
            prop_assert_eq!(days_from_civil(year, month, day), i64::from(days));
        }

        #[test]
        fn the_next_day_follows(days in any::<i32>()) {
            let (year, month, day) = civil_from_days(days.into());
            let next = civil_from_days(i64::from(days) + 1);
            prop_assert!(next == (year, month, day + 1) || (next.2 == 1 && day == days_in_month(year, month)));
        }
    }
}
