"""How good a grouping is: matrix and labels in, numbers out; never fits, never draws."""

from segmentry.quality.criteria import calinski_harabasz, davies_bouldin, knee, principal_components
from segmentry.quality.silhouette import silhouettes, squared_silhouettes

__all__ = ["calinski_harabasz", "davies_bouldin", "knee", "principal_components", "silhouettes", "squared_silhouettes"]
