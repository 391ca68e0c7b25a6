! SPDX-License-Identifier: GPL-2.0-or-later
integer function area(width, height)
  integer, intent(in) :: width, height
  area = width * height
end function
