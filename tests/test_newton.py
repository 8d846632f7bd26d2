"""Many small maximisations at once: known tops, ridges, rows that do not depend on each other."""

import numpy as np
import pytest

from abmmetrics import _newton


def hills(tops, widths):
    """The log density of a normal in two directions that are not the axes: -q^2 / 2, or -log(1 + q^2), by row."""
    turn = np.array([[0.8, 0.6], [-0.6, 0.8]])

    def objective(at, rows):
        away = (at - tops[rows]) @ turn.T / widths[rows]
        square = 1 + (away**2).sum(axis=1)
        slope = -2 * away / square[:, None]
        bend = (
            -2 * np.eye(2) / square[:, None, None]
            + 4 * away[:, :, None] * away[:, None, :] / square[:, None, None] ** 2
        )
        jacobian = turn[None] / widths[rows][:, :, None]
        return (
            -np.log(square),
            np.einsum("bi,bij->bj", slope, jacobian),
            np.einsum("bij,bik,bjl->bkl", bend, jacobian, jacobian),
        )

    return objective


def test_tops_are_found_from_afar_where_the_surface_is_not_concave():
    random = np.random.default_rng(1)
    tops, widths = random.normal(0, 3, (40, 2)), random.uniform(0.3, 2, (40, 2))
    found = _newton.maximise(hills(tops, widths), np.zeros((40, 2)))
    assert found.at == pytest.approx(tops, abs=1e-6)
    assert found.value == pytest.approx(np.zeros(40), abs=1e-12)
    turn = np.array([[0.8, 0.6], [-0.6, 0.8]])
    for row in (0, 39):  # the Hessian at the top is -2 J'J
        jacobian = turn / widths[row][:, None]
        assert found.covariance[row] == pytest.approx(np.linalg.inv(2 * jacobian.T @ jacobian), rel=1e-6)
        alone = _newton.maximise(hills(tops[[row]], widths[[row]]), np.zeros((1, 2)))
        assert alone.at[0] == pytest.approx(found.at[row], abs=1e-9)


def test_a_start_is_not_changed():
    start = np.zeros((1, 2))
    _newton.maximise(hills(np.ones((1, 2)), np.ones((1, 2))), start)
    assert start.tolist() == [[0, 0]]


def test_a_direction_without_curvature_has_no_covariance():
    def valley(at, _rows):
        return -(at[:, 0] ** 2), np.stack([-2 * at[:, 0], 0 * at[:, 0]], axis=1), np.array([[[-2.0, 0.0], [0.0, 0.0]]])

    found = _newton.maximise(valley, np.array([[1.0, 5.0]]))
    assert found.at[0] == pytest.approx([0, 5], abs=1e-6)
    assert np.isnan(found.covariance).all()


def test_a_step_that_falls_or_has_no_value_is_not_taken():
    def wall(at, _rows):
        x = at[:, 0]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.log(x) - x, (1 / x - 1)[:, None], (-1 / x**2)[:, None, None]

    # From 3 Newton's step leads to -3, where there is no logarithm.
    found = _newton.maximise(wall, np.array([[3.0]]))
    assert found.at[0, 0] == pytest.approx(1, abs=1e-7)
    assert found.covariance[0, 0, 0] == pytest.approx(1, abs=1e-6)


def test_steps_are_bounded():
    seen = []

    def parabola(at, _rows):
        seen.append(at[0, 0])
        return -((at[:, 0] - 9) ** 2), -2 * (at - 9), np.array([[[-2.0]]])

    assert _newton.maximise(parabola, np.zeros((1, 1))).at[0, 0] == pytest.approx(9)
    assert seen == pytest.approx([0, 2, 4, 6, 8, 9, 9])
